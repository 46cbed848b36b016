// Runs one MicroPython program on a 32-bit machine (MicroPython for WebAssembly) and prints what it prints: node memory_32.mjs
// PACKAGE HEAP_BYTES PROGRAM FOLDER. FOLDER holds the files that the program imports; decorators that name an emitter this port has
// not are taken away by whoever filled it.
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [packageFolder, heap, program, folder] = process.argv.slice(2);
const { loadMicroPython } = await import(pathToFileURL(join(packageFolder, "micropython.mjs")));
const python = await loadMicroPython({ heapsize: Number(heap), stdout: (line) => console.log(line), linebuffer: true });
const copy = (from, to) => {
  for (const name of readdirSync(from)) {
    const [here, there] = [join(from, name), `${to}/${name}`];
    if (statSync(here).isDirectory()) {
      python.FS.mkdir(there);
      copy(here, there);
    } else python.FS.writeFile(there, readFileSync(here));
  }
};
python.FS.mkdir("/box");
copy(folder, "/box");
try {
  // It only collects garbage between programs.
  for (const part of readFileSync(program, "utf-8").split("\n# ----\n")) python.runPython(part);
} catch (error) {
  console.log(JSON.stringify({ error: String(error.message).trim().split("\n").pop() }));
}
