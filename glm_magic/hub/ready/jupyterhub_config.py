"""The course's key for GLM, kept by the hub: for a plain JupyterHub on one machine.

For The Littlest JupyterHub it becomes /opt/tljh/config/jupyterhub_config.d/glm.py; elsewhere add it
to jupyterhub_config.py. `pip install 'glm_magic[hub]'` into the hub's Python, and `glm_magic` into
the Python of the students. Then write two files that only root can read:

    /etc/glm/key            the API key
    /etc/glm/glm-hub.toml   the course's rules: the example beside this file

Students need another account on the machine than the hub's, as The Littlest JupyterHub and
`LocalProcessSpawner` give them: who is the same user can read the key.
"""

import os
import sys
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - the hub provides it

FOLDER = Path(os.environ.get("GLM_HUB_FOLDER", "/etc/glm"))
DATA = os.environ.get("GLM_HUB_DATA", "/var/lib/glm-hub")
URL = os.environ.get("GLM_HUB_URL", "http://127.0.0.1:10101")
ACCESS = "access:services!service=glm"

c.JupyterHub.services.append(
    {
        "name": "glm",
        "url": URL,
        "command": [
            *(sys.executable, "-m", "glm_magic", "hub"),
            *(str(FOLDER / "glm-hub.toml"), "--data", DATA),
        ],
        "environment": {"ZAI_API_KEY": (FOLDER / "key").read_text().strip()},
        "oauth_no_confirm": True,
    }
)
# Students may use the service, and so may the token of their servers. The second list replaces the
# hub's own, so its two entries are repeated; without the third, students get a 403.
c.JupyterHub.load_roles.append({"name": "user", "scopes": ["self", ACCESS]})
c.Spawner.server_token_scopes = ["users:activity!user", "access:servers!server", ACCESS]
# All that a student's server needs. Kernels ask the service directly, on this machine.
c.Spawner.environment.update(
    {
        "GLM_PROVIDER": "classroom",
        "GLM_BASE_URL": f"{URL}/services/glm/v1",
        "GLM_MODEL": "glm-4.5-air",
    }
)
