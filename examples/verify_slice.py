"""Check a slice of a flight record without Landline: python verify_slice.py < slice

Prints whose signature it carries and what it covers, or fails. The format: docs/record.md.
"""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey


def up(leaf: bytes, index: int, last: int, hashes: list[bytes]) -> bytes:
    """The root of an RFC 9162 tree that ends with leaf `last`, from one leaf and its proof."""
    for step in hashes:
        right = index & 1 or index == last
        leaf = hashlib.sha256(b"\x01" + (step + leaf if right else leaf + step)).digest()
        while right and not index & 1 and index:
            index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1
    return leaf


def main() -> None:
    """Read the slice from standard input and check every part of it."""
    with open(0, "rb") as slice_file:
        _, key, signature, head = (slice_file.readline().rstrip(b"\n").split(b" ", 1)[1] for _ in range(4))
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.decode()))
        public.verify(bytes.fromhex(signature.decode()), b"landline flight record head\n" + head)
        last = int(head.split(b'"size":')[1].split(b",")[0]) - 1
        for entry in slice_file:
            kind, index, hashes, line = entry.rstrip(b"\n").split(b" ", 3)
            proof = [] if hashes == b"-" else [bytes.fromhex(one) for one in hashes.decode().split(",")]
            root = up(hashlib.sha256(b"\x00" + line).digest(), int(index), last, proof)
            assert b'"root":"%b"' % root.hex().encode() in head, "this block is not in the signed record"
            if kind == b"block":
                length = int(line.split(b'"length":')[1].split(b",")[0])
                digest = hashlib.sha256(slice_file.read(length)).hexdigest().encode()
                assert b'"sha256":"%b"' % digest in line, "the bytes of this block were changed"
                slice_file.read(1)
            print(line.decode())
    print("all of it is signed by", key.decode())


if __name__ == "__main__":
    main()
