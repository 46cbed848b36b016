# mypy: ignore-errors
"""Manifest that freezes the firmware into a MicroPython image.

Use: `make FROZEN_MANIFEST=.../firmware/manifest.py`, in the folder of the repository.
"""

include("$(PORT_DIR)/boards/manifest.py")  # noqa: F821
package("firmware", base_path="..", opt=3)  # noqa: F821
require("sdcard")  # noqa: F821
require("usb-device-cdc")  # noqa: F821
