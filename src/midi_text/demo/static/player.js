// The player: sound in pieces that are added up, and a piano roll that scrolls with it.
// The body of gr.HTML's js_on_load: `element` is ours, `props.value` is what playback.py made, `watch` tells of changes.
const INK = ["#3b6fe0", "#d4671f", "#149a72", "#c0508f", "#a98300", "#2a93b8", "#7f56c7", "#6d7682"];
const VERDICT = { right: "#149a72", wrong: "#d4671f", missing: "#8a8f98", extra: "#c0508f" };
const player = { value: null, buffers: new Map(), sources: [], context: null, playing: false, at: 0, since: 0 };
const section = (letter) => INK[(letter.charCodeAt(0) - 65) % INK.length];
const find = (name) => element.querySelector(`[data-${name}]`);
const clock = (t) => `${Math.floor(t / 60)}:${String(Math.floor(t % 60)).padStart(2, "0")}`;
const length = () => {
  const bars = player.value?.bars ?? [];
  return bars.length ? bars[bars.length - 1] : 0;
};
const ready = () => {
  const ends = (player.value?.sound ?? []).map((piece) => {
    const buffer = player.buffers.get(key(piece));
    return buffer ? piece.at + buffer.duration : 0;
  });
  return Math.max(0, ...ends);
};
const key = (piece) => `${piece.at}:${piece.flac.length}:${piece.flac.slice(-48)}`;
const now = () => (player.playing ? player.at + (player.context.currentTime - player.since) : player.at);

async function decode() {
  const pieces = player.value?.sound ?? [];
  if (!pieces.length) return;
  player.context ??= new AudioContext();
  for (const piece of pieces) {
    const name = key(piece);
    if (player.buffers.has(name)) continue;
    player.buffers.set(name, null);
    const bytes = Uint8Array.from(atob(piece.flac), (c) => c.charCodeAt(0));
    const buffer = await player.context.decodeAudioData(bytes.buffer);
    if (!player.value?.sound.some((other) => key(other) === name)) continue;
    player.buffers.set(name, buffer);
    element.dataset.decoded = String(Number(element.dataset.decoded ?? 0) + 1);
    if (player.playing) schedule(piece, buffer);
    else if (player.value.autoplay && !player.started) play();
  }
}

function schedule(piece, buffer) {
  const from = now();
  if (piece.at + buffer.duration <= from) return;
  const source = player.context.createBufferSource();
  source.buffer = buffer;
  source.connect(player.context.destination);
  source.start(player.context.currentTime + Math.max(0, piece.at - from), Math.max(0, from - piece.at));
  player.sources.push(source);
}

function play(from) {
  if (!player.value?.sound?.length || !player.context) return;
  document.dispatchEvent(new CustomEvent("midi-text-play", { detail: element }));
  silence();
  player.context.resume();
  player.at = from ?? (player.at >= length() - 0.05 && player.value.done ? 0 : player.at);
  player.since = player.context.currentTime;
  player.playing = player.started = true;
  element.dataset.playing = "yes";
  element.dataset.heard ??= String(Math.round(performance.now()));
  for (const piece of player.value.sound) {
    const buffer = player.buffers.get(key(piece));
    if (buffer) schedule(piece, buffer);
  }
  frame();
}

function silence() {
  for (const source of player.sources) source.stop();
  player.sources = [];
}

function pause() {
  player.at = now();
  player.playing = false;
  element.dataset.playing = "no";
  silence();
  draw();
}

function seek(to) {
  const was = player.playing;
  player.at = Math.max(0, Math.min(to, length()));
  if (was) play(player.at);
  else draw();
}

function frame() {
  if (!player.playing || !element.isConnected) return player.playing && pause();
  if (now() >= length() && player.value.done) {
    pause();
    player.at = 0;
  } else if (!player.value.done && now() >= ready() - 0.05) {
    pause(); // the music has caught up with the writer: wait for more of it
    player.waiting = true;
  }
  draw();
  requestAnimationFrame(frame);
}

function changed() {
  const value = props.value;
  const fresh = !value || !value.notes || !player.value || (player.value.done && value !== player.value);
  if (fresh) {
    if (player.playing) pause();
    player.buffers.clear();
    player.at = 0;
    player.started = player.waiting = false;
    delete element.dataset.heard;
  }
  player.value = value && value.notes ? value : null;
  element.dataset.bars = String(Math.max(0, (player.value?.bars.length ?? 1) - 1));
  element.dataset.done = player.value?.done ? "yes" : "no";
  wire();
  draw();
  decode().then(() => {
    if (player.waiting && player.value && (player.value.done || ready() > player.at + 3)) {
      player.waiting = false;
      play(player.at);
    }
  });
}

function colours() {
  const style = getComputedStyle(element);
  const of = (name) => style.getPropertyValue(name).trim();
  return { ink: of("--body-text-color") || "#222", soft: of("--body-text-color-subdued") || "#777",
    line: of("--border-color-primary") || "#ddd", accent: of("--mt-accent") || "#b4472e", mark: of("--mt-mark") || "#f3e3c2" };
}

// A canvas as large as it is shown, cleared; null where it is not shown.
function sheet(canvas) {
  const ratio = devicePixelRatio || 1, wide = canvas.clientWidth, high = canvas.clientHeight;
  if (!wide) return null;
  if (canvas.width !== Math.round(wide * ratio)) canvas.width = Math.round(wide * ratio);
  if (canvas.height !== Math.round(high * ratio)) canvas.height = Math.round(high * ratio);
  const pen = canvas.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, wide, high);
  pen.font = "11px system-ui, sans-serif";
  pen.textBaseline = "middle";
  return { pen, wide, high };
}

function draw() {
  if (!find("roll")) return;
  const value = player.value;
  find("player").hidden = !value;
  if (!value) return;
  const look = colours(), total = length(), here = now();
  const span = Math.min(Math.max(total, 4), find("player").clientWidth < 600 ? 12 : 24);
  const from = Math.max(0, Math.min(here - span * 0.3, total - span));
  player.view = { from, span };
  find("map").hidden = total <= span;
  drawRoll(value, look, here);
  drawMap(value, look, here);
  drawControls(value, total, here);
}

function drawRoll(value, look, here) {
  const on = sheet(find("roll"));
  if (!on) return;
  const { pen, wide, high } = on, { from, span } = player.view, foot = high - 16;
  const x = (t) => ((t - from) / span) * wide, seen = (start, end) => end >= from && start <= from + span;
  const top = drawLanes(pen, value, look, x, wide, seen);
  pen.fillStyle = look.mark;
  for (const bar of value.changed) {
    const left = x(value.bars[bar]);
    pen.fillRect(left, top, x(value.bars[bar + 1] ?? length()) - left, foot - top);
  }
  drawBarLines(pen, value, look, x, seen, top, foot);
  const melodic = value.drums.some(Boolean) ? foot - 26 : foot;
  const [low, most] = range(value);
  const tall = Math.min((melodic - top) / Math.max(most - low + 1, 12), 14);
  const rise = Math.max(0, (melodic - top - tall * (most - low + 1)) / 2);
  const y = (pitch) => melodic - rise - (pitch - low + 1) * tall;
  for (const [start, end, pitch, velocity, part] of value.notes) {
    if (!seen(start, end)) continue;
    const sounding = here >= start && here < end && player.playing;
    pen.fillStyle = value.marks.length || value.drums[part] ? look.soft : INK[part % INK.length];
    pen.globalAlpha = value.marks.length ? 0.35 : sounding ? 1 : 0.4 + 0.5 * Math.min(velocity / 104, 1);
    const width = Math.max(x(end) - x(start) - 1, 2);
    if (value.drums[part]) pen.fillRect(x(start), foot - 4 - ((pitch * 5) % 21), 3, 3);
    else pen.fillRect(x(start), y(pitch) - (sounding ? 1 : 0), width, Math.max(tall - 1, 2) + (sounding ? 2 : 0));
  }
  pen.globalAlpha = 1;
  for (const [start, pitch, verdict] of value.marks) drawVerdict(pen, verdict, x(start), y(pitch), Math.max(Math.min(tall, 10), 6));
  pen.fillStyle = look.accent;
  pen.fillRect(x(here) - 1, 0, 2, foot);
}

// The pitches that there are, with a little room.
function range(value) {
  const pitches = value.notes.filter((n) => !value.drums[n[4]]).map((n) => n[2]).concat(value.marks.map((m) => m[1]));
  return [pitches.reduce((a, b) => Math.min(a, b), 127) - 2, pitches.reduce((a, b) => Math.max(a, b), 0) + 2];
}

// Form, keys and chords above the notes; gives the height that they take.
function drawLanes(pen, value, look, x, wide, seen) {
  let top = 4;
  for (const [name, rows] of Object.entries(value.lanes)) {
    for (const [start, end, text] of rows) {
      if (!seen(start, end)) continue;
      const left = Math.max(x(start), 0), width = Math.min(x(end), wide) - left - 2;
      pen.globalAlpha = name === "form" ? 0.28 : 0.12;
      pen.fillStyle = name === "form" ? section(text) : look.soft;
      pen.fillRect(left, top, width, 17);
      pen.globalAlpha = 1;
      if (pen.measureText(text).width < width - 6) {
        pen.fillStyle = look.ink;
        pen.fillText(text, left + 4, top + 9);
      }
    }
    top += 20;
  }
  return top;
}

function drawBarLines(pen, value, look, x, seen, top, foot) {
  let last = -100;
  value.bars.forEach((t, bar) => {
    if (!seen(t - 1, t + 1)) return;
    pen.fillStyle = look.line;
    pen.fillRect(Math.round(x(t)), top, 1, foot - top);
    if (x(t) - last > 26 && bar < value.bars.length - 1) {
      pen.fillStyle = look.soft;
      pen.fillText(String(bar + 1), x(t) + 3, foot + 9);
      last = x(t);
    }
  });
}

// How a note was played, in shape as well as in colour.
function drawVerdict(pen, verdict, left, up, size) {
  pen.fillStyle = pen.strokeStyle = VERDICT[verdict];
  if (verdict === "missing") pen.strokeRect(left, up, size, size);
  else if (verdict === "right") pen.fillRect(left, up, size, size);
  else {
    pen.lineWidth = 2;
    pen.beginPath();
    pen.moveTo(left, up); pen.lineTo(left + size, up + size);
    pen.moveTo(left + size, up); pen.lineTo(left, up + size);
    pen.stroke();
    pen.lineWidth = 1;
  }
}

// The whole of a longer piece: its sections, its notes, and where the roll is.
function drawMap(value, look, here) {
  const on = find("map").hidden ? null : sheet(find("map"));
  if (!on) return;
  const { pen, wide, high } = on, x = (t) => (t / length()) * wide;
  pen.globalAlpha = 0.28;
  for (const [start, end, letter] of value.lanes.form ?? []) {
    pen.fillStyle = section(letter);
    pen.fillRect(x(start), 0, x(end) - x(start) - 1, high);
  }
  pen.globalAlpha = 1;
  pen.fillStyle = look.mark;
  for (const bar of value.changed) pen.fillRect(x(value.bars[bar]), 0, x(value.bars[bar + 1] ?? length()) - x(value.bars[bar]), high);
  pen.fillStyle = look.ink;
  pen.globalAlpha = 0.45;
  const [low, most] = range(value), y = (pitch) => high - 3 - ((pitch - low) / (most - low)) * (high - 6);
  for (const [start, end, pitch, , part] of value.notes) {
    if (!value.drums[part]) pen.fillRect(x(start), y(pitch), Math.max(x(end) - x(start), 1), 1.5);
  }
  pen.globalAlpha = 1;
  pen.strokeStyle = pen.fillStyle = look.accent;
  pen.lineWidth = 1.5;
  pen.strokeRect(x(player.view.from) + 1, 1, x(player.view.span) - 2, high - 2);
  pen.fillRect(x(here) - 1, 0, 2, high);
  pen.lineWidth = 1;
}

function drawControls(value, total, here) {
  const button = find("play"), slider = find("seek");
  const label = player.playing ? "Pause" : player.waiting ? "Waiting for the next bars" : "Play";
  if (button.getAttribute("aria-label") !== label) {
    button.setAttribute("aria-label", label);
    button.textContent = player.playing ? "❚❚" : player.waiting ? "…" : "▶";
  }
  button.disabled = !value.sound.length;
  slider.max = String(total);
  if (document.activeElement !== slider || player.playing) slider.value = String(here);
  slider.setAttribute("aria-valuetext", `${clock(here)} of ${clock(total)}`);
  find("time").textContent = `${clock(here)} / ${clock(total)}`;
}

function wire() {
  const box = find("player");
  if (!box || box.dataset.wired) return legend();
  box.dataset.wired = "yes";
  find("play").addEventListener("click", () => (player.playing ? pause() : play()));
  find("seek").addEventListener("input", (event) => seek(Number(event.target.value)));
  const share = (event) => event.offsetX / event.target.clientWidth;
  find("roll").addEventListener("click", (event) => seek(player.view.from + share(event) * player.view.span));
  find("map").addEventListener("click", (event) => seek(share(event) * length()));
  new ResizeObserver(draw).observe(find("roll"));
  legend();
}

function legend() {
  const list = find("legend");
  if (!list || !player.value) return;
  const verdicts = player.value.marks.length ? Object.entries(VERDICT) : null;
  const names = verdicts ?? player.value.parts.map((name, i) => [name, player.value.drums[i] ? "#8a8f98" : INK[i % INK.length]]);
  list.replaceChildren(...names.map(([name, colour]) => {
    const item = document.createElement("li"), dot = document.createElement("span");
    dot.style.background = colour;
    item.append(dot, name);
    return item;
  }));
  if (player.value.changed.length) {
    const item = document.createElement("li"), dot = document.createElement("span");
    dot.className = "mt-mark";
    item.append(dot, "written anew");
    list.append(item);
  }
}

document.addEventListener("midi-text-play", (event) => event.detail !== element && player.playing && pause());
watch("value", changed);
changed();
