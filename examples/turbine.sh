#!/bin/sh
# Plan the photos of a turbine that stands still, blade A up, and draw what they show.
set -eu
out=${1:-.}
landline mission plan turbine 47.3977,8.5456 --hub-m 40 --blade-m 20 --yaw-deg 270 --rotor-deg 0 \
    --camera "DJI FC220" --out "$out/turbine.plan" --coverage "$out/turbine.png"
