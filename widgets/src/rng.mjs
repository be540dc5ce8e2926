// @ts-check
// The Mersenne Twister MT19937 (Matsumoto & Nishimura, 1998), seeded and read exactly as torch.manual_seed and
// torch's uniform_ for float64 do, so that seed s names the same initial network here and in PyTorch.

const N = 624, M = 397;

export class MersenneTwister {
  /** @param {number} seed  a whole number; its low 32 bits count */
  constructor(seed) {
    const state = new Uint32Array(N);
    state[0] = seed % 4294967296;
    for (let i = 1; i < N; i++) state[i] = Math.imul(1812433253, state[i - 1] ^ (state[i - 1] >>> 30)) + i;
    this.state = state;
    this.next = N;
  }

  /** @returns {number} 32 random bits */
  bits32() {
    if (this.next === N) this.#refill();
    let y = this.state[this.next++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  }

  #refill() {
    const s = this.state;
    for (let i = 0; i < N; i++) {
      const y = (s[i] & 0x80000000) | (s[(i + 1) % N] & 0x7fffffff);
      s[i] = s[(i + M) % N] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    this.next = 0;
  }

  /** torch: x = the low 53 of 64 bits / 2^53, high word drawn first; then x * (to - from) + from.
   * torch's compiled kernels fuse that product and sum (one rounding, not two), so it is done here in whole
   * numbers and rounded once, by Number(). Exact while |from| and |to| are above 2^-17.
   * @param {number} from @param {number} to */
  uniform(from, to) {
    const high = this.bits32() & 0x1fffff, x = high * 4294967296 + this.bits32();
    return Number(BigInt(x) * BigInt((to - from) * 2 ** 70) + (BigInt(from * 2 ** 70) << 53n)) * 2 ** -123;
  }
}
