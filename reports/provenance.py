"""Where a record comes from: what a reader needs to make it again, and to know it when it is met again."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ratebound.reports import wording
from ratebound.reports.fragments import definitions, text


def digest(path: Path) -> str:
    """Return the SHA-256 of a stored record, as ``sha256sum`` prints it."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def facts(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return name and value of what is known about the making of a record, in plain text."""
    made = record["provenance"]
    versions = ", ".join(f"{name} {number}" for name, number in (made.get("versions") or {}).items())
    return [
        ("command", str(made.get("command", ""))),
        ("versions", versions),
        ("Python", str(made.get("python", ""))),
        ("machine", str(made.get("machine", ""))),
        ("seed", str(made.get("seed", ""))),
        ("started", str(made.get("started", ""))),
        ("took", f"{wording.number(made.get('seconds'))} s"),
    ]


def provenance(record: Mapping[str, Any], checksum: str) -> str:
    """Return the provenance of a record as HTML; `checksum` is that of the file beside the page."""
    (_, command), *rest = facts(record)
    stored = '<a href="record.json">record.json</a>: every number of this page'
    pairs = [(name, text(value)) for name, value in rest]
    pairs += [
        ("record", stored),
        ("SHA-256 of the record", f"<code>{text(checksum)}</code>" if checksum else ""),
    ]
    rebuild = "ratebound report --from record.json -o report"
    return (
        f"<pre>{text(command)}</pre>\n{definitions(pairs)}"
        f'<p class="soft">Drawn again from the record, without running anything: <code>{rebuild}</code></p>'
    )
