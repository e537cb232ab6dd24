"""`%config GLM.model = "…"`: the settings as traits, IPython's own way to configure things."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from traitlets import Any as AnyTrait
from traitlets.config import Configurable

from ..settings import FIELDS, parse

if TYPE_CHECKING:
    from ..wiring import Workbench


class SettingTraits(Configurable):
    """The base of `GLM`: checks a value when it is set and keeps what was set."""

    def _trait_changed(self, change: dict[str, Any]) -> None:
        name, value = change["name"], change["new"]
        if value is not None:
            try:
                parsed = parse(name, value)
            except Exception:
                self.set_trait(name, None)
                raise
            if parsed != value:
                self.set_trait(name, parsed)

    def fill(self, workbench: Workbench) -> None:
        """Give the workbench what is set here."""
        values = {name: getattr(self, name) for name in FIELDS}
        workbench.configured = {name: one for name, one in values.items() if one is not None}


def _traits() -> dict[str, Any]:
    """One trait for each setting; None leaves it to the environment and the default."""
    return {
        name: AnyTrait(None, allow_none=True, help=field.help).tag(config=True)
        for name, field in FIELDS.items()
    }


GLM: type[SettingTraits] = type(
    "GLM", (SettingTraits,), {"__doc__": "Settings of %%glm, %glm and glm_magic.ask."} | _traits()
)


def make(shell: Any) -> SettingTraits:
    """The traits of this shell, filled from `ipython_config.py`."""
    settings = GLM(parent=shell)
    for name in FIELDS:
        value = getattr(settings, name)
        if value is not None:
            settings.set_trait(name, parse(name, value))
    settings.observe(settings._trait_changed, names=list(FIELDS))
    return settings
