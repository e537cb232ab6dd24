"""The guards that the promises stand on, each with a change that takes it away.

`test_guards` sees each of the tests named here fail without its guard: a guard that no test would
miss guards nothing. A changed line here must be changed with the code that it quotes.
"""

from typing import NamedTuple


class Guard(NamedTuple):
    """A guard in the package.

    Attributes:
        name: What it guards.
        file: Below `glm_magic`.
        code: The guard, as it stands there, once.
        without: What stands there when it is gone.
        tests: The arguments of pytest that must then fail.
    """

    name: str
    file: str
    code: str
    without: str
    tests: str


_ORIGINS, _KEY = "tests/settings/test_origins.py", "tests/api/test_key.py"
_FAULTS = "tests/trust/test_transport_faults.py"
_INERT, _WIRE = "tests/render/test_inert.py", "tests/trust/test_key_and_wire.py"
_UNSEEN = "tests/trust/test_nothing_leaves_unseen.py"
_TABLES = "tests/trust/test_rendering_and_injection.py"
_RUNS = "tests/trust/test_nothing_runs_by_itself.py"

GUARDS = [
    # The key goes to one host.
    Guard("a provider's key stays at home", "origins.py", "if origin != origin_of(own_url):",
          "if False:", _ORIGINS),
    Guard("the general key is bound", "origins.py", "return origin == self._generic_origin",
          "return True", _ORIGINS),
    Guard("no scheme but https", "origins.py", 'safe = parts.scheme == "https" or',
          "safe = True or", _ORIGINS),
    Guard("no user in a URL", "origins.py", 'if "@" in parts.netloc:', "if False:", _ORIGINS),
    Guard("no odd characters in a URL", "origins.py", "if not url.isascii() or",
          "if False and", _ORIGINS),
    Guard("no odd host names", "origins.py", "if not (_HOST_NAME.fullmatch(host)",
          "if False and not (_HOST_NAME.fullmatch(host)", _ORIGINS),
    Guard("no query in a URL", "origins.py", 'if "?" in url or "#" in url:', "if False:", _ORIGINS),
    Guard("loopback is only this machine", "origins.py", 'if host == "localhost":',
          'if host.startswith("localhost"):', _ORIGINS),
    Guard("a redirect is refused", "api/responses.py", "if 300 <= status < 400:",
          "if False:", f"{_WIRE} -k redirect"),
    Guard("no proxy for this machine", "api/client.py", "trust_env=not local,", "trust_env=True,",
          f"{_WIRE} -k proxy"),
    Guard("no cookie goes back", "api/client.py",
          "cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),", "", f"{_WIRE} -k cookies"),
    Guard("certificates are checked", "api/client.py", "verify=httpx.create_ssl_context(),",
          "verify=False,", f"{_WIRE} -k certificate"),
    # The key is shown nowhere.
    Guard("a key's repr is empty", "keys.py", 'return "APIKey(hidden)"', "return self._reveal()",
          "tests/settings/test_keys.py"),
    Guard("a key is not pickled", "keys.py", "        raise TypeError(message)\n",
          "        return (str, (self._reveal(),))\n", f"{_WIRE} -k pickled"),
    Guard("an echo in the answer is taken out", "api/scrub.py",
          "text = text.replace(self._secret, REDACTED)", "pass", f"{_WIRE} -k echoed"),
    Guard("half a key is held back", "api/scrub.py",
          "text, began = _cut(text, _beginning(text, self._secret))", 'began = ""',
          f"{_WIRE} -k echoed"),
    Guard("an echo in a refusal is taken out", "api/failures.py", "redact(message, key)",
          "message", f"{_WIRE} -k echoed"),
    Guard("an echo as the model is taken out", "api/decoding.py",
          "self._words[value] = redact(joined_halves(value), self._key)",
          "self._words[value] = joined_halves(value)", f"{_WIRE} -k echoed"),
    Guard("a key in a request is taken out", "api/wire.py", "text = redact(json.dumps(",
          "text = (lambda text, *_: text)(json.dumps(",
          "tests/api/test_request_body.py -k key"),
    Guard("httpx's errors stay inside", "api/worker.py", "self._put(error.with_traceback(None))",
          "self._put(error)", "tests/api/test_key.py"),
    # What leaves is seen.
    Guard("a preview sends nothing", "jupyter/magics.py", "if options.preview:", "if False:",
          f"{_UNSEEN} -k preview"),
    Guard("secrets in data are taken out", "frames/fence.py",
          'body = redact_secrets("\\n".join(map(_one_line, lines)))',
          'body = "\\n".join(map(_one_line, lines))', "tests/frames/test_fence.py"),
    Guard("data cannot close its fence", "frames/fence.py",
          'return _MARK.sub(r"<\\\\x3c<\\1", line)', "return line",
          f"tests/frames/test_fence.py {_TABLES} -k fence"),
    Guard("a description is one line a column", "frames/fence.py",
          "line = line if len(line.splitlines()) <= 1 else visible(line, len(line))", "pass",
          "tests/frames/test_fence.py"),
    Guard("personal columns show no values", "frames/top_values.py",
          'if column.personal or column.kind not in', "if column.kind not in",
          "tests/frames/test_privacy.py tests/frames/test_personal.py tests/frames/test_levels.py"),
    Guard("values that look personal are not shown", "frames/top_values.py",
          "personal=column.personal or personal,", "", "tests/frames"),
    # Budgets.
    Guard("a budget of tokens", "budget.py",
          "if most is not None and spent + reserved + needed > most:", "if False:", "tests/budget"),
    Guard("a budget of money", "budget.py",
          "if most is not None and needed > 0 and spent + reserved + needed > most:", "if False:",
          "tests/budget"),
    # Answers do nothing.
    Guard("prose is neutral", "render/inert.py", 'return prose("\\n".join(piece.lines))',
          'return "\\n".join(piece.lines)', f"{_INERT} -x"),
    Guard("no fence that math could cut", "render/inert.py", "if _LIFTED.search(code):",
          "if False:", _INERT),
    Guard("no diagrams", "render/inert.py", 'if not word or "mermaid" in word.lower()',
          "if not word", _INERT),
    Guard("fences are longer than what they hold", "render/inert.py",
          'mark = "`" * max(3, longest + 1)', 'mark = "```"', _INERT),
    Guard("code in lists cannot come alive", "render/inert.py", "if _ALIVE.search(code):",
          "if False:", _INERT),
    Guard("addresses hold no quotes and dollars", "render/links.py",
          "quote(target, safe=_KEPT)", "target", _INERT),
    Guard("titles are plain", "render/links.py", "if title and _PLAIN_TITLE.fullmatch(title)",
          "if title", _INERT),
    Guard("no terminal escapes", "render/cleaning.py", 'text = _SEQUENCE.sub("", text)', "pass",
          "tests/render/test_plain.py"),
    Guard("no control characters", "render/cleaning.py", "text = _SUSPECT.sub(_shown, text)",
          "pass", f"{_TABLES} -k terminal"),
    # Answers are whole or marked.
    Guard("a lost line is partial", "chat/turns.py", 'partial_reason = "connection lost"', "pass",
          f"{_FAULTS} -k 'neither or every_byte'"),
    Guard("a withdrawn text is gone", "chat/turns.py",
          'text, reasoning, partial_reason = "", "", SENSITIVE', "pass",
          f"{_FAULTS} -k filtered"),
    Guard("no second question after words were shown", "api/worker.py",
          "and not self._shown and", "and", f"{_FAULTS} -k bytes_were_shown"),
    Guard("a packed body is not unpacked", "api/worker.py",
          "if is_packed(response.headers):", "if False:", f"{_FAULTS} -k flood"),
    Guard("a long wait is not waited", "api/worker.py",
          "in_time = (getattr(error, \"retry_after_seconds\", None) or 0) < limits.total_seconds",
          "in_time = True", f"{_FAULTS} -k retry_after"),
    # Replay asks nobody.
    Guard("a miss asks nobody", "replay.py",
          'if self._settings.replay == "replay":\n            raise self._missing(request)',
          "if False:\n            raise self._missing(request)",
          "tests/replay tests/trust/test_state.py -k 'cassette or miss or replay'"),
    Guard("nothing cut short is recorded", "replay.py",
          "if grown.finish_reason in _BROKEN or not (grown.finish_reason or grown.ended):",
          "if False:", "tests/replay"),
    # Tools.
    Guard("what was not offered does not run", "tools/inline_calls.py",
          "if match[1] not in offered:", "if False:", "tests/tools"),
    Guard("nobody there is a no", "tools/calling.py", "if not decision.runs:", "if False:",
          f"{_RUNS} -k unasked"),
    Guard("arguments are checked", "tools/declaring.py", "return self.check(given)",
          "return given", "tests/tools"),
    Guard("a cell is what was seen", "tools/cells.py", "if found := unseen(code):",
          "if (found := unseen(code)) and False:",
          "tests/trust/test_what_is_approved_is_what_runs.py"),
    Guard("a tool tells no more than the question", "tools/frame_tools.py",
          'level = "values" if detail.level == "rows" else detail.level', 'level = "values"',
          "tests/tools/test_declaring.py"),
    Guard("what holds for a function holds for no other", "tools/identity.py",
          "held.append(_told(cell.cell_contents, seen))", "pass", "tests/tools/test_identity.py"),
    Guard("no object writes itself where something is hidden", "variables/objects.py",
          "if wish.texts and not wish.hidden and not _holds_data(value):", "if wish.texts:",
          "tests/variables/test_privacy.py"),
    Guard("an async tool ends with its turn", "tools/awaiting.py",
          "loop.call_soon_threadsafe(task.cancel)", "pass", "tests/tools/test_awaiting.py"),
    Guard("a query is one SELECT", "frames/querying.py",
          "if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:",
          "if False:", "tests/tools"),
    Guard("a query reads no file", "frames/querying.py",
          'connection.execute("set enable_external_access = false")', "pass", "tests/tools"),
    # Files.
    Guard("a received file chooses nothing", "jupyter/asking_again.py",
          "if turn.elsewhere and (along := _along(turn, _HARMLESS)):", "if False:",
          "tests/trust/test_received_files.py"),
    Guard("an answer is on the disk while it comes", "chat/trail.py", "if reached != self._told:",
          "if False:", "tests/chat/test_trail.py"),
    Guard("a recording is no answer of a model", "rows/crew.py",
          "and not outcome.error and not outcome.recorded:", "and not outcome.error:",
          "tests/rows/test_books.py"),
    Guard("a journal told twice counts once", "chat/history.py",
          "if name and name in self._replayed:", "if False:",
          "tests/trust/test_state.py -k doubled"),
    Guard("a conversation's id is no path", "store/location.py",
          "return conversation if _ID.fullmatch(conversation) else name_id(conversation)",
          "return conversation", "tests/store/test_location.py"),
]  # fmt: skip
