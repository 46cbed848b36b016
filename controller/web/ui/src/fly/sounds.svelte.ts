// Optional tones: telemetry lost, a warning, a change of mode. Off until the operator turns them on.
const STORED = "landline.fly.sounds";

export type Sound = "lost" | "warning" | "mode";
/** Frequencies in Hz, each for 150 ms: falling for a loss, twice the same for a warning, one short tone for a mode. */
const TONES: Record<Sound, readonly number[]> = { lost: [880, 660, 440, 330], warning: [740, 740], mode: [520] };
const TONE_S = 0.15;
const LOUDNESS = 0.2;

class Sounds {
  on = $state(localStorage.getItem(STORED) === "1");
  private context: AudioContext | null = null;

  /** Turn them on or off; to be called from a press, because browsers allow sound only then. */
  set(on: boolean): void {
    this.on = on;
    localStorage.setItem(STORED, on ? "1" : "0");
    if (on) this.play("mode");
  }

  play(sound: Sound): void {
    if (!this.on) return;
    this.context ??= new AudioContext();
    const { context } = this;
    void context.resume();
    TONES[sound].forEach((hertz, index) => {
      const start = context.currentTime + index * TONE_S;
      const tone = context.createOscillator();
      const gain = context.createGain();
      tone.frequency.value = hertz;
      gain.gain.setValueAtTime(LOUDNESS, start);
      gain.gain.linearRampToValueAtTime(0, start + TONE_S);
      tone.connect(gain).connect(context.destination);
      tone.start(start);
      tone.stop(start + TONE_S);
    });
  }
}

export const sounds = new Sounds();
