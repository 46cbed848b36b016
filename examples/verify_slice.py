"""Check a slice of a flight record without Landline: python verify_slice.py < slice

Prints whose signature it carries and what it covers, or refuses it. To have the bytes, too, in files of the folder `part`:
python -c "import verify_slice; verify_slice.main('part/')" < slice. The format: docs/record.md.
"""

import hashlib

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

KINDS = {b"open": b"open", b"file": b"file", b"block": b"block", b"named": b"file"}


def need(right: object, why: str) -> None:
    """Ends the program where it is not so."""
    if not right:
        raise SystemExit(f"refused: {why}")


def field(line: bytes, name: bytes) -> bytes:
    """One value of a line of canonical JSON; a quotation mark inside of a text has a backslash before it."""
    return line.split(b'"%b":' % name)[1].split(b",")[0].strip(b'"}')


def up(leaf: bytes, index: int, last: int, hashes: list[bytes]) -> bytes:
    """The root of an RFC 9162 tree that ends with leaf `last`, from one leaf and its proof."""
    for step in hashes:
        right = index & 1 or index == last
        leaf = hashlib.sha256(b"\x01" + (step + leaf if right else leaf + step)).digest()
        while right and not index & 1 and index:
            index, last = index >> 1, last >> 1
        index, last = index >> 1, last >> 1
    return leaf if index == last == 0 else b""


def main(folder: str = "") -> None:
    """Read the slice from standard input and check every part of it."""
    with open(0, "rb") as slice_file:
        top = [slice_file.readline().rstrip(b"\n").partition(b" ") for _ in range(4)]
        need([word for word, _, _ in top] == [b"landline-slice", b"key", b"signature", b"head"], "no slice")
        form, key, signature, head = (rest for _, _, rest in top)
        need(form == b"2", "another format")
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key.decode()))
        public.verify(bytes.fromhex(signature.decode()), b"landline flight record head\n" + head)
        before, run, ends, times = -1, False, dict[bytes, int](), list[bytes]()
        while (entry := slice_file.readline()) != b"end\n":
            need(entry.endswith(b"\n"), "it is cut off")
            kind, number, hashes, line = entry[:-1].split(b" ", 3)
            proof = [bytes.fromhex(one) for one in hashes.decode().split(",") if one != "-"]
            leaf, index, last = (
                hashlib.sha256(b"\x00" + line).digest(),
                int(number),
                int(field(head, b"size")) - 1,
            )
            root = up(leaf, index, last, proof).hex().encode()
            need(root == field(head, b"root"), "a line is not in the signed record")
            need(KINDS.get(kind) == field(line, b"kind"), "a line is not what it is called")
            need((kind == b"open") == (before < 0), "it does not begin with the record's first line")
            # Whole files, which may leave lines out, then one run of the record that leaves out none.
            run, begun = run or kind in (b"block", b"named"), run or kind == b"open"
            right = index == before + 1 if begun else run or index > before
            need(right, "a line is missing, doubled or out of order")
            before = index
            if kind in (b"block", b"file"):
                name, length = field(line, b"file"), int(field(line, b"length"))
                data = slice_file.read(length)
                right = hashlib.sha256(data).hexdigest().encode() == field(line, b"sha256")
                need(right and slice_file.read(1) == b"\n", "the bytes of a block were changed")
                if kind == b"block":
                    offset = int(field(line, b"offset"))
                    need(ends.get(name, offset) == offset, "a block is missing, doubled or out of order")
                    ends[name] = offset + length
                    times.append(field(line, b"utc_us"))
                if folder:
                    need(name.translate(None, b".-").isalnum(), "a strange name")
                    with open(folder + name.decode(), "ab") as part:  # noqa: PTH123
                        part.write(data)
            print(line.decode())
        need(times and not slice_file.read(1), "no block, or more behind the end")
    print(f"sealed from {times[0].decode()} to {times[-1].decode()} microseconds UTC since 1970")
    print("all of it is signed by", key.decode())


if __name__ == "__main__":
    main()
