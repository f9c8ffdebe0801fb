"""Is a text file written whole, where it should be and nowhere else?"""

from __future__ import annotations

from pathlib import Path

import pytest

from onhand.errors import ConfigError
from onhand.plan.settings_file import write_atomically


def test_it_replaces_the_file_keeps_its_mode_and_leaves_nothing_beside_it(tmp_path: Path) -> None:
    """A reader sees the old text or the new one."""
    target = tmp_path / "deep" / "onhand.toml"
    write_atomically(target, "one")
    target.chmod(0o600)
    write_atomically(target, "two")
    assert target.read_text() == "two"
    assert target.stat().st_mode & 0o777 == 0o600
    assert [p.name for p in target.parent.iterdir()] == ["onhand.toml"]


def test_a_link_laid_in_wait_is_not_followed(tmp_path: Path) -> None:
    """A name known in advance could point to somebody else's file."""
    victim = tmp_path / "victim"
    victim.write_text("mine")
    (tmp_path / ".onhand.toml.part").symlink_to(victim)
    write_atomically(tmp_path / "onhand.toml", "text")
    assert victim.read_text() == "mine"
    assert not (tmp_path / "onhand.toml").is_symlink()


def test_a_folder_that_cannot_be_made_is_an_error_that_names_it(tmp_path: Path) -> None:
    """A file stands where the folder should be."""
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match=r"cannot write .*onhand\.toml"):
        write_atomically(tmp_path / "file" / "onhand.toml", "text")
