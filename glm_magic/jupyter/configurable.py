"""`%config GLM.model = "…"`: the settings as traits, IPython's own way to configure things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from traitlets import Any as AnyTrait
from traitlets import TraitError, validate
from traitlets.config import Configurable

from ..errors import ArgumentError
from ..fields import FIELDS, parse

if TYPE_CHECKING:
    from collections.abc import Callable


class RefusedError(ArgumentError, TraitError):
    """A value that is not possible; only for an error of its own does traitlets undo a change."""


class SettingTraits(Configurable):
    """The base of `GLM`: a value that is not possible is refused, and the old one stays."""

    @validate(*FIELDS)
    def _parsed(self, proposal: dict[str, Any]) -> Any:
        value, name = proposal["value"], proposal["trait"].name
        try:
            return None if value is None else parse(name, value)
        except ArgumentError as error:
            # `%config` has written it down already, and would try it again with the next change.
            self.config["GLM"].pop(name, None)
            refused = RefusedError(error.message, error.remedy)
        raise refused

    def values(self) -> dict[str, Any]:
        """What is set here, by setting."""
        found = {name: getattr(self, name) for name in FIELDS}
        return {name: value for name, value in found.items() if value is not None}


def _traits() -> dict[str, Any]:
    """One trait for each setting; None leaves it to the environment and the default."""
    return {
        name: AnyTrait(None, allow_none=True, help=field.help).tag(config=True)
        for name, field in FIELDS.items()
    }


GLM: type[SettingTraits] = type(
    "GLM", (SettingTraits,), {"__doc__": "Settings of %%glm, %glm and glm_magic.ask."} | _traits()
)


def make(shell: Any, warn: Callable[[str], None]) -> SettingTraits:
    """The traits of this shell, filled from `ipython_config.py`.

    A value there that is not possible is told and passed over, so that the extension loads.
    """
    given = shell.config.GLM
    for name in [name for name in FIELDS if name in given]:
        try:
            parse(name, given[name])
        except ArgumentError as error:
            warn(f"{error.message} {error.remedy} The default holds.")
            del given[name]
    return GLM(parent=shell)
