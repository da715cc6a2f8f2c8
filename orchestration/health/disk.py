"""Whether the disk lets the next night be written."""

import os
import shutil

from orchestration.health.finding import Finding
from warehouse.disk import bytes_of_a_night
from warehouse.home import Home

COMFORTABLE_BYTES = 2 * 1024**3  # a few nights, their logs and a backup


def disk_finding(home: Home) -> Finding:
    """How much is free, and whether the folders of the home can be written to."""
    refused = [folder for folder in (home.root, *home.folders) if folder.exists()]
    refused = [folder for folder in refused if not os.access(folder, os.W_OK)]
    if refused:
        told = f"{refused[0]} is read-only, no night can begin: correct its owner or rights"
        return Finding("disk", "fail", told, "free")
    folder = home.root
    while not folder.exists():
        folder = folder.parent
    free, needed = shutil.disk_usage(folder).free, bytes_of_a_night(home)
    told = f"{free / 1024**3:.1f} GiB free under {home.root}"
    if free < needed:
        lacking = f"{told}, a night takes {needed / 1024**3:.1f}: free space, or none can begin"
        return Finding("disk", "fail", lacking, "free")
    if free < COMFORTABLE_BYTES:
        return Finding("disk", "warn", f"{told}: free space before a night has none", "free")
    return Finding("disk", "ok", told, "free")
