// SGD with a regulariser on sparse rows, filled up by zeros to multiples of four entries. Iterates are held
// as scale * v, so that a step moves the columns of one row alone; GROUP replicas take their steps side by side.
#include "common.h"

#define GROUP 4
#define TILE 64
// Steps for which rows are asked for ahead: random rows are far away.
#define AHEAD 2
// A scale below it is multiplied into v.
#define SMALL 0x1p-10

// Steps of the replicas first .. last - 1, a multiple of GROUP; v (replicas, width) becomes the iterates;
// kept has shape (replicas, ROOM, width).
void advance(int64_t first, int64_t last, int64_t steps, int64_t n, int64_t width,
             const uint32_t *restrict starts, const uint16_t *restrict columns, const double *restrict entries,
             const double *restrict labels, double alpha, double *restrict v, int64_t interval,
             double *restrict kept) {
    const uint64_t least = (1ull << 32) % n;
    uint32_t begin[TILE][GROUP], end[TILE][GROUP];
    double label[TILE][GROUP], scale[GROUP], s[GROUP];
    for (int64_t r = first; r < last; r += GROUP) {
        for (int g = 0; g < GROUP; ++g) scale[g] = 1.0;
        int64_t next = interval;
        for (int64_t tile = 0; tile < steps; tile += TILE) {
            // Two blocks of four steps for each replica.
            for (int t = 0; t < TILE; t += 8) {
                eight drawn[4];
                Counters at = {.quad = {}};
                for (int i = 0; i < 8; ++i)
                    at.block[i] = (tile + t) / 4 + i / GROUP, at.replica[i] = r + i % GROUP;
                indices(&at, n, least, drawn);
                for (int w = 0; w < 4; ++w)
                    for (int i = 0; i < 8; ++i) {
                        const uint64_t row = drawn[w][i];
                        const int step = t + 4 * (i / GROUP) + w;
                        begin[step][i % GROUP] = starts[row], end[step][i % GROUP] = starts[row + 1];
                        label[step][i % GROUP] = labels[row];
                    }
            }
            const int64_t count = steps - tile < TILE ? steps - tile : TILE;
            for (int64_t t = 0; t < count; ++t) {
                const int64_t ahead = t + AHEAD < TILE ? t + AHEAD : TILE - 1;
                for (int g = 0; g < GROUP; ++g) {
                    const double *restrict own = v + (r + g) * width;
                    double z[4] = {0.0, 0.0, 0.0, 0.0};
                    for (int q = 0; q < 4; ++q) __builtin_prefetch(entries + begin[ahead][g] + 8 * q);
                    for (int q = 0; q < 2; ++q) __builtin_prefetch(columns + begin[ahead][g] + 24 * q);
                    for (uint32_t e = begin[t][g]; e < end[t][g]; e += 4)
                        UNROLL for (int q = 0; q < 4; ++q) z[q] += entries[e + q] * own[columns[e + q]];
                    s[g] = (z[0] + z[1]) + (z[2] + z[3]);
                }
                TOGETHER for (int g = 0; g < GROUP; ++g) s[g] = slope(scale[g] * s[g], label[t][g]);
                for (int g = 0; g < GROUP; ++g) scale[g] *= 1.0 - alpha * L2, s[g] *= -alpha / scale[g];
                for (int g = 0; g < GROUP; ++g) {
                    double *restrict own = v + (r + g) * width;
                    for (uint32_t e = begin[t][g]; e < end[t][g]; e += 4)
                        UNROLL for (int q = 0; q < 4; ++q) own[columns[e + q]] += s[g] * entries[e + q];
                }
                if (tile + t + 1 == next) {
                    for (int g = 0; g < GROUP; ++g) {
                        double *restrict here = kept + ((r + g) * ROOM + (next / interval - 1) % ROOM) * width;
                        for (int64_t j = 0; j < width; ++j) here[j] = scale[g] * v[(r + g) * width + j];
                    }
                    next += interval;
                }
            }
            for (int g = 0; g < GROUP; ++g)
                if (scale[g] < SMALL || tile + TILE >= steps) {
                    for (int64_t j = 0; j < width; ++j) v[(r + g) * width + j] *= scale[g];
                    scale[g] = 1.0;
                }
        }
    }
}
