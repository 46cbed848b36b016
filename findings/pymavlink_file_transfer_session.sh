#!/bin/sh
# pymavlink's file transfer fails to list a folder of a server that gives the request a session number.
#
# Package:   pymavlink 2.4.50, pymavlink.mavftp.MAVFTP (MAVLink FTP client of MAVProxy and of many scripts)
# Guess:     cmd_list() succeeds when the whole listing arrives. The session number of a reply is the server's; a
#            listing needs no session, so that the client does not compare it.
# Behaviour: a reply counts only if it has the client's own session number, 0 at first: against a server that answers
#            with another one, the call ends with an error and no entries when its time is over. With the client's
#            number set to the server's beforehand, it succeeds.
# Seen:      server answers with session 0: error 0, entries ['flight.log']
#            server answers with session 5: error 1, entries []
#            the same, client begins with 5: error 0, entries ['flight.log']
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check pymavlink==2.4.50
cd "$folder"
MAVLINK20=1 "$folder/venv/bin/python" - <<'PY'
import socket
import struct
import threading
from pymavlink import mavftp, mavutil

LIST, ACK, NAK, END_OF_FILE = 3, 128, 129, 6


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def serve(link, session, over):
    """Answer requests for the list of a folder with one file; every reply has this session number."""
    while not over.is_set():
        asked = link.recv_match(type="FILE_TRANSFER_PROTOCOL", blocking=True, timeout=0.2)
        if asked is None:
            continue
        number, _, opcode = struct.unpack_from("<HBB", bytes(asked.payload))
        (offset,) = struct.unpack_from("<I", bytes(asked.payload), 8)
        data, kind = (b"Fflight.log\t42\0", ACK) if opcode == LIST and offset == 0 else (bytes([END_OF_FILE]), NAK)
        if opcode != LIST:
            data, kind = b"", ACK
        head = struct.pack("<HBBBBBBI", (number + 1) & 0xFFFF, session, kind, len(data), opcode, 0, 0, offset)
        link.mav.file_transfer_protocol_send(0, asked.get_srcSystem(), asked.get_srcComponent(),
                                             (head + data).ljust(251, b"\0"))


def listing(session, begins_with=0):
    port, over = free_port(), threading.Event()
    server = mavutil.mavlink_connection(f"udpin:127.0.0.1:{port}", source_system=1, source_component=1)
    thread = threading.Thread(target=serve, args=(server, session, over))
    thread.start()
    client = mavutil.mavlink_connection(f"udpout:127.0.0.1:{port}", source_system=255)
    ftp = mavftp.MAVFTP(client, 1, 1)
    ftp.session = begins_with
    result = ftp.cmd_list(["/"])
    over.set()
    thread.join()
    names = [entry.name for entry in ftp.list_result]
    return int(result.error_code), names


for words, session, begins_with, expected in (
    ("server answers with session 0", 0, 0, 0),
    ("server answers with session 5", 5, 0, 1),
    ("the same, client begins with 5", 5, 5, 0),
):
    error, names = listing(session, begins_with)
    print(f"{words}: error {error}, entries {names}")
    assert names == ([] if expected else ["flight.log"])
    assert error == expected, "the session number counts in another way now"
PY
echo "as described"
