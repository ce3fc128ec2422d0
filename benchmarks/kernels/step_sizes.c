// SGD whose vectors run over step sizes: a number of a row is loaded once for all of them. BLOCK step sizes
// are advanced through a tile of steps at a time, their iterates of D features in registers as far as they fit.
#include "common.h"

#define VECTORS (BLOCK / WIDTH)
#define TILE 256

// Steps of the replicas first .. last - 1; x has shape (replicas, blocks, D, BLOCK), alphas (blocks, BLOCK), kept
// (replicas, blocks, ROOM, D, BLOCK).
void advance(int64_t first, int64_t last, int64_t steps, int64_t n, int64_t blocks,
             const double *restrict data, const double *restrict labels, const vector *restrict alphas,
             vector *restrict x, int64_t interval, vector *restrict kept) {
    const uint64_t least = (1ull << 32) % n;
    for (int64_t r = first; r < last; ++r)
        for (int64_t begin = 0; begin < steps; begin += TILE) {
            uint64_t index[TILE];
            eight drawn[4];
            for (int t = 0; t < TILE; t += 32) {
                Counters at;
                for (int i = 0; i < 8; ++i)
                    at.block[i] = (begin + t) / 4 + i, at.replica[i] = r, at.quad[i] = 0;
                indices(&at, n, least, drawn);
                for (int i = 0; i < 8; ++i)
                    for (int w = 0; w < 4; ++w) index[t + 4 * i + w] = drawn[w][i];
            }
            const int64_t count = steps - begin < TILE ? steps - begin : TILE;
            for (int64_t block = 0; block < blocks; ++block) {
                vector own[D][VECTORS], alpha[VECTORS];
                vector *restrict here = x + (r * blocks + block) * D * VECTORS;
                memcpy(own, here, sizeof own);
                memcpy(alpha, alphas + block * VECTORS, sizeof alpha);
                for (int64_t t = 0; t < count;) {
                    const int64_t next = ((begin + t) / interval + 1) * interval;
                    const int64_t end = next - begin < count ? next - begin : count;
                    for (; t < end; ++t) {
                        const double *restrict row = data + index[t] * D, y = labels[index[t]];
                        vector s[VECTORS];
                        UNROLL for (int v = 0; v < VECTORS; ++v) {
                            vector z[4];
                            memset(z, 0, sizeof z);
                            UNROLL for (int j = 0; j < D; ++j) z[j % 4] += row[j] * own[j][v];
                            s[v] = alpha[v] * ((z[0] + z[1]) + (z[2] + z[3]) - y);
                        }
                        UNROLL for (int j = 0; j < D; ++j)
                            UNROLL for (int v = 0; v < VECTORS; ++v)
                                own[j][v] = (1.0 - alpha[v] * L2) * own[j][v] - row[j] * s[v];
                    }
                    if (begin + t == next) {
                        const int64_t place = (next / interval - 1) % ROOM;
                        memcpy(kept + ((r * blocks + block) * ROOM + place) * D * VECTORS, own, sizeof own);
                    }
                }
                memcpy(here, own, sizeof own);
            }
        }
}
