// The parts of the page that hold samples, and how they are read. `_samples_words.py` says how they are written.

const ONE = 0x80, TWO = 0xc0, END = 0xff, ESCAPE = 0;
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%,()*+-;.=>?@^_`{|}~";
const DIGITS = new Uint8Array(128);
for (let n = 0; n < 85; n++) DIGITS[ALPHABET.charCodeAt(n)] = n;

function fromBase85(text) {
  const groups = Math.ceil(text.length / 5), bytes = new Uint8Array(groups * 4);
  for (let group = 0, at = 0; group < groups; group++) {
    let value = 0;
    for (let n = 0; n < 5; n++, at++) value = value * 85 + (at < text.length ? DIGITS[text.charCodeAt(at)] : 84);
    bytes[group * 4] = value >>> 24;
    bytes[group * 4 + 1] = value >>> 16;
    bytes[group * 4 + 2] = value >>> 8;
    bytes[group * 4 + 3] = value;
  }
  return bytes.subarray(0, bytes.length - (groups * 5 - text.length));
}

async function unpack(text) {
  const stream = new Blob([fromBase85(text)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
  const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
  const size = new DataView(bytes.buffer).getUint32(0, true);
  return { header: JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + size))), body: bytes.subarray(4 + size) };
}

// Frequent words as UTF-16, one after the other.
class Words {
  constructor(list) {
    this.starts = new Uint32Array(list.length + 1);
    list.forEach((word, n) => { this.starts[n + 1] = this.starts[n] + word.length; });
    this.units = new Uint16Array(this.starts[list.length]);
    list.forEach((word, n) => {
      for (let k = 0; k < word.length; k++) this.units[this.starts[n] + k] = word.charCodeAt(k);
    });
    this.decoder = new TextDecoder("utf-16le", { ignoreBOM: true });
  }

  // All texts of a part.
  decode(bytes) {
    const texts = [];
    let units = new Uint16Array(1 << 14), size = 0;
    for (let at = 0; at < bytes.length; at++) {
      const byte = bytes[at];
      if (size + 2 > units.length) units = Words.larger(units);
      if (byte === END) {
        texts.push(this.decoder.decode(units.subarray(0, size)));
        size = 0;
      } else if (byte >= ONE) {
        const word = byte < TWO ? byte - ONE : TWO - ONE + (byte - TWO) * 256 + bytes[++at];
        for (let k = this.starts[word], end = this.starts[word + 1]; k < end;) {
          units[size++] = this.units[k++];
          if (size === units.length) units = Words.larger(units);
        }
      } else if (byte === ESCAPE) {
        const point = (bytes[at + 1] << 16) | (bytes[at + 2] << 8) | bytes[at + 3];
        at += 3;
        if (point > 0xffff) {
          units[size++] = 0xd800 + ((point - 0x10000) >> 10);
          units[size++] = 0xdc00 + ((point - 0x10000) & 0x3ff);
        } else units[size++] = point;
      } else units[size++] = byte;
    }
    return texts;
  }

  static larger(units) {
    const more = new Uint16Array(units.length * 2);
    more.set(units);
    return more;
  }
}

// What is known of each sample of a task without its texts.
class TaskIndex {
  constructor(task, { header, body }) {
    this.task = task;
    this.ids = header.ids;
    this.beginnings = header.beginnings;
    this.values = header.values;
    this.rowOf = new Map(header.ids.map((id, row) => [id, row]));
    this.columns = new Map();
    const n = header.ids.length;
    for (const { name, track, at, width } of header.columns) {
      const codes = width === 1 ? new Uint8Array(n) : width === 2 ? new Uint16Array(n) : new Uint32Array(n);
      for (let plane = 0; plane < width; plane++) {
        for (let row = 0; row < n; row++) codes[row] |= body[at + plane * n + row] << (8 * plane);
      }
      this.columns.set(`${track} ${name}`, codes);
    }
  }

  // The value of a row, null where there is none; track -1 holds what is true of a sample whoever answers.
  get(name, track, row) {
    const codes = this.columns.get(`${track} ${name}`);
    return codes === undefined || codes[row] === 0 ? null : this.values[name][codes[row] - 1];
  }

  asked(track, row) {
    return this.get("outcome", track, row) !== null;
  }
}

// The texts of some samples.
class Block {
  constructor({ header, body }, words) {
    this.texts = words.decode(body);
    this.place = new Map(header.rows.map((row, place) => [row, place]));
    let next = 1;
    const table = ({ numbers, texts }) => {
      const columns = Object.entries(numbers);
      for (const [name, codes] of texts) {
        columns.push([name, codes.map((code) => this.texts[code === 0 ? next++ : code - 1])]);
      }
      const rows = columns.length === 0 ? 0 : columns[0][1].length;
      return Array.from({ length: rows }, (_, n) => Object.fromEntries(columns.map(([name, cells]) => [name, cells[n]])));
    };
    this.answers = table(header.answers);
    for (const answer of this.answers) Object.assign(answer, { verdicts: [], marks: [] });
    for (const one of table(header.verdicts)) {
      this.answers[one.answer].verdicts.push({ ...one, judge: header.judges[one.judge] });
    }
    for (const one of table(header.marks)) this.answers[one.answer].marks.push(JSON.parse(one.mark));
    this.rows = header.rows;
  }

  answersTo(row) {
    const place = this.place.get(row);
    return this.answers.filter((one) => one.row === place);
  }
}

const KEPT = 24; // blocks that stay unpacked

class Samples {
  constructor() {
    this.elements = new Map();
    for (const one of document.querySelectorAll("script.ecg-samples")) this.elements.set(one.dataset.part, one);
    this.indexes = new Map();
    this.blocks = new Map();
  }

  part(name) {
    return unpack(this.elements.get(name).textContent);
  }

  async open() {
    const { header } = await this.part("manifest");
    Object.assign(this, {
      systems: header.systems, tasks: header.tasks, total: header.samples, leftOut: header.left_out,
      without: header.without, directory: header.blocks,
    });
    this.blockOf = this.tasks.map((task) => new Int32Array(task.rows).fill(-1));
    this.directory.forEach(({ task, rows }, n) => { for (const row of rows) this.blockOf[task][row] = n; });
    this.words = new Words((await this.part("words")).header);
  }

  index(task) {
    if (!this.indexes.has(task)) {
      this.indexes.set(task, this.part(this.tasks[task].part).then((part) => new TaskIndex(this.tasks[task], part)));
    }
    return this.indexes.get(task);
  }

  // The texts of a block; those asked for last stay in memory.
  block(number) {
    let found = this.blocks.get(number);
    if (found === undefined) found = this.part(this.directory[number].part).then((part) => new Block(part, this.words));
    this.blocks.delete(number);
    this.blocks.set(number, found);
    if (this.blocks.size > KEPT) this.blocks.delete(this.blocks.keys().next().value);
    return found;
  }

  // All answers to a sample; null where its texts are not in this file.
  async answers(task, row) {
    const number = this.blockOf[task][row];
    return number < 0 ? null : (await this.block(number)).answersTo(row);
  }
}
