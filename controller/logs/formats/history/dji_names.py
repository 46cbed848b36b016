"""Names of DJI's aircraft and flight modes by their numbers in a flight record (dji-log-parser, crates.io)."""

from __future__ import annotations

PRODUCTS = {
    1: "Inspire 1",
    2: "Phantom 3 Standard",
    3: "Phantom 3 Advanced",
    4: "Phantom 3 Pro",
    6: "Matrice 100",
    7: "Phantom 4",
    9: "Inspire 1 Pro",
    10: "A3",
    11: "Matrice 600",
    12: "Phantom 3 4K",
    13: "Mavic Pro",
    15: "Inspire 1 Raw",
    16: "A2",
    17: "Inspire 2",
    24: "Phantom 4 Pro",
    25: "N3",
    26: "Spark",
    27: "Matrice 600 Pro",
    28: "Phantom 4 Advanced",
    29: "Phantom 3 SE",
    31: "Matrice 200",
    33: "Matrice 210",
    34: "Matrice 210 RTK",
    38: "Mavic Air",
    42: "Mavic 2",
    44: "Phantom 4 Pro V2",
    46: "Phantom 4 RTK",
    57: "Phantom 4 Multispectral",
    58: "Mavic 2 Enterprise",
    59: "Mavic Mini",
    60: "Matrice 200 V2",
    61: "Matrice 210 V2",
    62: "Matrice 210 RTK V2",
    67: "Mavic Air 2",
    70: "Matrice 300 RTK",
    73: "FPV",
    75: "Air 2S",
    76: "Mini 2",
    77: "Mavic 3",
}
MODES = {
    0: "Manual",
    1: "Atti",
    2: "Atti course lock",
    3: "Atti hover",
    4: "Hover",
    5: "GPS brake",
    6: "P-GPS",
    7: "Course lock",
    8: "Home lock",
    9: "Hot point",
    10: "Assisted take-off",
    11: "Auto take-off",
    12: "Auto landing",
    13: "Atti landing",
    14: "Waypoint",
    15: "Go home",
    16: "Click go",
    17: "Joystick",
    19: "Cinematic",
    23: "Atti limited",
    24: "Draw",
    25: "Follow me",
    26: "Active track",
    27: "Tap fly",
    28: "Pano",
    29: "Farming",
    30: "FPV",
    31: "Sport",
    32: "Novice",
    33: "Confirm landing",
    35: "Terrain tracking",
    36: "Advanced go home",
    37: "Advanced landing",
    38: "Tripod",
    39: "Track headlock",
    41: "Engine start",
    43: "Gentle",
}


def product_name(number: int) -> str:
    """The name of a product; its number where it has no known one, nothing for 0."""
    return PRODUCTS.get(number, f"product {number}" if number else "")


def mode_name(number: int) -> str:
    """The name of a flight mode."""
    return MODES.get(number, f"mode {number}")
