"""`python -m glm_magic` is `glm-magic`."""

import sys

from .cli import main

sys.exit(main())
