"""What instructors see, and only they."""

from .course import OPEN, Course

HOSTILE = "<script>alert(1)</script>"


def page(course: Course, token: str) -> tuple[int, str]:
    """Status and HTML."""
    answer = course.http.get("", headers={"Authorization": f"Bearer {token}"})
    return answer.status_code, answer.text


def test_instructors_see_usage_and_what_holds(course: Course) -> None:
    """Students by day, those over the budget, windows and the one that holds now, the total."""
    course.rules(
        f'title = "Data & {HOSTILE}"\nstudent_requests = 1\ncourse_tokens = 1_000_000\n{OPEN}'
        '[[window]]\nmode = "off"\ngroups = ["exam"]\nbegins = 2020-01-01T00:00:00\nnote = "Exam"\n'
    )
    reply = course.ask(course.hub.person(HOSTILE))
    tokens = f"{reply.usage['total_tokens']:,}"
    status, html = page(course, course.hub.person("iris", "instructors"))
    assert status == 200
    assert "<script" not in html
    assert "Data &amp; &lt;script&gt;" in html
    assert f"<tr class='over'><td>&lt;script&gt;alert(1)&lt;/script&gt;<td>1<td>{tokens}" in html
    assert "of 1,000,000 tokens spent by the whole course" in html
    assert "<tr class='now'><td>exam<td>off<td>2020-01-01 00:00<td>…<td>Exam" in html


def test_admins_see_it_and_students_do_not(course: Course) -> None:
    """The page is for admins of the hub and the groups that the file names."""
    course.rules(OPEN + 'instructors = ["staff"]\n')
    assert page(course, course.hub.person("root", admin=True))[0] == 200
    assert page(course, course.hub.person("tutor", "staff"))[0] == 200
    assert page(course, course.hub.person("iris", "instructors"))[0] == 403
    assert page(course, course.hub.person("student"))[0] == 403


def test_the_page_runs_no_script(course: Course) -> None:
    """The browser is told to run and fetch nothing, and to keep no copy."""
    headers = {"Authorization": f"Bearer {course.hub.person('root', admin=True)}"}
    answer = course.http.get("", headers=headers)
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["cache-control"] == "no-store"
