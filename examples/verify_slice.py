"""Check a slice of a flight record without Landline: python verify_slice.py < slice

Prints the chain lines in the slice and the key that signed them, or refuses the slice. Format: docs/record.md.
"""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def up(leaf: bytes, index: int, last: int, hashes: bytes) -> bytes:
    """Return the root of an RFC 9162 tree whose last leaf is number `last`, from one leaf and its proof."""
    for step in [] if hashes == b"-" else map(bytes.fromhex, hashes.decode().split(",")):
        right = index & 1 or index == last
        leaf = hashlib.sha256(b"\x01" + (step + leaf if right else leaf + step)).digest()
        while right and not index & 1 and index:
            index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1
    return leaf if index == last == 0 else b""


def need(right: object, why: str) -> None:
    """End the program if `right` is false."""
    if not right:
        raise SystemExit(f"refused: {why}")


def main() -> None:
    """Read the slice from standard input and check every part of it."""
    with open(0, "rb") as slice_file:
        top = [slice_file.readline()[:-1].partition(b" ") for _ in range(4)]
        need(
            [word for word, _, _ in top] == [b"landline-slice", b"key", b"signature", b"head"], "not a slice"
        )
        form, key, signature, head = (rest for _, _, rest in top)
        need(form == b"2", "unknown format")
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.decode()))
        public.verify(bytes.fromhex(signature.decode()), b"landline flight record head\n" + head)
        last, before, blocks = int(head.split(b'"size":')[1].split(b",")[0]) - 1, -1, 0
        while (entry := slice_file.readline()) != b"end\n":
            need(entry, "the slice is cut off")
            number, length, hashes, line = entry[:-1].split(b" ", 3)
            index, data, newline = int(number), slice_file.read(int(length)), slice_file.read(1)
            root = up(hashlib.sha256(b"\x00" + line).digest(), index, last, hashes)
            need(b'"root":"%b"' % root.hex().encode() in head, "a line is not in the signed record")
            need(index == before + 1 or (index > before and not blocks), "a line is missing or out of order")
            before, blocks = index, blocks + line.count(b'"kind":"block"')
            digest = b'"sha256":"%b"' % hashlib.sha256(data).hexdigest().encode()
            hash_only = not data and b'"kind":"block"' not in line
            need(newline == b"\n" and (hash_only or digest in line), "the bytes of a line were changed")
            print("hash only:" if hash_only else "with data:", line.decode())
        need(blocks and not slice_file.read(1), "no block, or data after the end")
    print("verified, signed by", key.decode())


if __name__ == "__main__":
    main()
