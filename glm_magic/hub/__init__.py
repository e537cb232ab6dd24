"""The JupyterHub service that holds a class's key and shares it out.

A key cannot be hidden from a student inside the student's own server. So this runs as a service
of the hub, under another account: it knows students by their hub tokens, keeps budgets, queues
fairly, and asks the model's host itself.

    rules     what the course allows: a TOML file
    people    who asks: a hub token, with groups
    reading   a request body to values; what is not known is refused
    budgets   what was spent and what is held back, in SQLite
    places    the queue: so many questions upstream at once, one per student
    hints     the tutor's prompt, and code taken out of answers
    asking    one question, from its place in the queue to its last token
    records   one line of metadata per question
    routes    what there is to call; page: what instructors see; serving: puts it together

Needs the extra `glm_magic[hub]`; `glm-magic hub` starts it.
"""
