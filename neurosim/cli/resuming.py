"""What a stopped `neurosim compare` keeps, and how it is gone on from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from neurosim.base.errors import Faults, InputError

if TYPE_CHECKING:
    import xarray as xr

__all__ = ["KEPT", "forget", "kept_file", "options_of", "with_options"]

KEPT = ("images", "cells", "trials", "duration", "seed", "quick", "models")
"""Options that make the experiment."""

_STOPPED = "stopped"  # begins the names that `Experiment.keep` gives where results are
_OPTIONS = "compare_options"  # the attribute that holds them, as JSON


def with_options(responses: xr.Dataset, asked: dict[str, Any]) -> xr.Dataset:
    """Responses that say with which options they were made."""
    images = asked["images"]
    whole = None if images is None else [str(Path(each).resolve()) for each in images]
    return responses.assign_attrs({_OPTIONS: json.dumps({**asked, "images": whole})})


def kept_file(given: str, out: Path) -> Path:
    """The file to go on from: the one given, or the one that a stopped run left in a folder.

    Raises
    ------
    InputError
        Where there is none, or more than one.
    """
    if given:
        return Path(given)
    found = sorted(out.glob(f"{_STOPPED}*.nc"))
    if not found and (out / "responses.nc").is_file() and not (out / "fits.csv").exists():
        found = [out / "responses.nc"]
    if len(found) == 1:
        return found[0]
    names = ", ".join(map(str, found)) or "none"
    raise InputError(f"--resume: expected one file of a stopped run in {out}, got {names}")


def forget(kept: Path | None, out: Path) -> None:
    """Remove what a stopped run kept in a folder, now that all of it is in another file there.

    Results, and files that lie elsewhere, stay.
    """
    of_stopped = kept is not None and kept.name.startswith(_STOPPED)
    if kept is not None and of_stopped and kept.parent.resolve() == out.resolve():
        kept.unlink(missing_ok=True)


def options_of(begun: xr.Dataset, asked: dict[str, Any], path: Path) -> dict[str, Any]:
    """The options of the run that was stopped; more trials may be asked for.

    Raises
    ------
    InputError
        When the file does not say them, or others are given now.
    """
    faults = Faults("--resume")
    try:
        made = json.loads(begun.attrs[_OPTIONS])
        if not isinstance(made, dict) or set(made) != set(KEPT):
            raise ValueError("others")
    except (KeyError, TypeError, ValueError):
        told = f"expected {path} to be what a stopped neurosim compare kept, got other responses"
        raise InputError(f"--resume: {told} (neurosim fit takes them)") from None
    asked = json.loads(with_options(begun, asked).attrs[_OPTIONS])  # as it would be kept
    for name in KEPT:
        other = asked[name] is not None and asked[name] != made[name]
        if other and name != "trials":
            said = "as it was by default" if made[name] is None else f"as it was ({made[name]})"
            faults.require(False, f"--{name} {said}", asked[name], "leave it out")
    faults.stop()
    return made if asked["trials"] is None else {**made, "trials": asked["trials"]}
