/** Seconds to rest on the last step before a loop begins again. */
const REST = 1.2;

/**
 * The one cursor that all panels share. `position` runs from 0 to `steps`; the current step is its whole part, and
 * its fraction is how much of that step's time has passed (1 while paused).
 */
export class Clock {
  /**
   * @param {number} steps
   * @param {() => void} onTick called whenever something changed
   * @param {() => void} onEnd called when playback has come to the last step
   */
  constructor(steps, onTick, onEnd) {
    this.steps = steps;
    this.onTick = onTick;
    this.onEnd = onEnd;
    this.position = 0;
    this.playing = false;
    /** Steps a second at speed 1. */
    this.rate = 1;
    this.speed = 1;
    this.loop = false;
    this.rested = 0;
    this.frame = 0;
  }

  get step() {
    return Math.min(this.steps - 1, Math.floor(this.position));
  }

  get fraction() {
    return this.playing ? Math.min(1, this.position - this.step) : 1;
  }

  play() {
    if (this.playing) return;
    if (this.step >= this.steps - 1) this.position = 0;
    this.position = Math.floor(this.position);
    this.playing = true;
    this.rested = 0;
    this.last = undefined;
    this.frame = requestAnimationFrame((now) => this.advance(now));
    this.onTick();
  }

  pause() {
    if (!this.playing) return;
    this.position = this.step;
    this.playing = false;
    cancelAnimationFrame(this.frame);
    this.onTick();
  }

  seek(step) {
    this.position = Math.max(0, Math.min(this.steps - 1, step));
    this.rested = 0;
    this.onTick();
  }

  /** @param {number} now milliseconds */
  advance(now) {
    if (!this.playing) return;
    const elapsed = this.last === undefined ? 0 : Math.min(0.25, (now - this.last) / 1000);
    this.last = now;
    this.position = Math.min(this.steps, this.position + elapsed * this.rate * this.speed);
    if (this.position >= this.steps) {
      this.rested += elapsed;
      if (!this.loop) {
        this.pause();
        this.onEnd();
        return;
      }
      if (this.rested > REST) this.seek(0);
    }
    this.onTick();
    this.frame = requestAnimationFrame((next) => this.advance(next));
  }
}
