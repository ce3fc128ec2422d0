// SGD on dense rows of D features, padded by zeros to LENGTH: eight replicas side by side for batch 1, four rows
// of one replica for batches, of which BATCH is a multiple.
#include "common.h"

#define LENGTH ((D + 7) / 8 * 8)
#define VECTORS (LENGTH / WIDTH)
#define GROUP 8

// The sums of WIDTH vectors, side by side: neighbours are added until each number is the sum of a vector.
static inline vector sums(const vector *each) {
    typedef int64_t places __attribute__((vector_size(8 * WIDTH)));
    places even;
    vector left[WIDTH];
    for (int i = 0; i < WIDTH; ++i) even[i] = 2 * i;
    UNROLL for (int i = 0; i < WIDTH; ++i) left[i] = each[i];
    UNROLL for (int count = WIDTH / 2; count; count /= 2)
        UNROLL for (int i = 0; i < count; ++i) {
            const vector a = left[2 * i], b = left[2 * i + 1];
            left[i] = __builtin_shuffle(a, b, even) + __builtin_shuffle(a, b, even + 1);
        }
    return left[0];
}

// Steps of the replicas first .. last - 1, a multiple of GROUP; x has shape (replicas, LENGTH), kept (replicas, ROOM,
// LENGTH).
void advance(int64_t first, int64_t last, int64_t steps, int64_t n, const double *restrict data,
             const double *restrict labels, double alpha, double *restrict x, int64_t interval,
             double *restrict kept) {
    const double keep = 1.0 - alpha * L2;
    const uint64_t least = (1ull << 32) % n;
    eight index[4];
    Counters at;
    for (int64_t r = first; r < last; r += GROUP) {
#if BATCH == 1
        vector own[GROUP][VECTORS];
        memcpy(own, x + r * LENGTH, sizeof own);
        for (int g = 0; g < GROUP; ++g) at.replica[g] = r + g, at.quad[g] = 0;
        for (int64_t k = 0, next = interval; k < steps; ++k) {
            for (int g = 0; k % 4 == 0 && g < GROUP; ++g) at.block[g] = k / 4;
            if (k % 4 == 0) indices(&at, n, least, index);
            vector z[GROUP];
            double s[GROUP], y[GROUP];
            UNROLL for (int g = 0; g < GROUP; ++g) {
                const vector *row = (const vector *)(data + index[k % 4][g] * LENGTH);
                y[g] = labels[index[k % 4][g]];
                z[g] = row[0] * own[g][0];
                UNROLL for (int v = 1; v < VECTORS; ++v) z[g] += row[v] * own[g][v];
            }
            UNROLL for (int g = 0; g < GROUP; g += WIDTH) {
                const vector sum = sums(z + g);
                memcpy(s + g, &sum, sizeof sum);
            }
            TOGETHER for (int g = 0; g < GROUP; ++g) s[g] = alpha * slope(s[g], y[g]);
            UNROLL for (int g = 0; g < GROUP; ++g) {
                const vector *row = (const vector *)(data + index[k % 4][g] * LENGTH);
                UNROLL for (int v = 0; v < VECTORS; ++v) own[g][v] = keep * own[g][v] - s[g] * row[v];
            }
            if (k + 1 == next) {
                for (int g = 0; g < GROUP; ++g)
                    memcpy(kept + ((r + g) * ROOM + k / interval % ROOM) * LENGTH, own[g], sizeof own[g]);
                next += interval;
            }
        }
        memcpy(x + r * LENGTH, own, sizeof own);
#else
        for (int g = 0; g < GROUP; ++g) {
            double *restrict own = x + (r + g) * LENGTH, sum[LENGTH];
            for (int64_t k = 0, next = interval; k < steps; ++k) {
                for (int j = 0; j < LENGTH; ++j) sum[j] = 0.0;
                for (int q = 0; q < BATCH; q += 4) {
                    const int lane = q / 4 % 8;
                    for (int i = 0; lane == 0 && i < 8; ++i)
                        at.block[i] = k, at.replica[i] = r + g, at.quad[i] = q / 4 + i;
                    if (lane == 0) indices(&at, n, least, index);
                    const double *row[4];
                    double z[4] = {0.0, 0.0, 0.0, 0.0};
                    for (int p = 0; p < 4; ++p) row[p] = data + index[p][lane] * LENGTH;
                    for (int j = 0; j < LENGTH; ++j)
                        for (int p = 0; p < 4; ++p) z[p] += row[p][j] * own[j];
                    for (int p = 0; p < 4; ++p) z[p] = slope(z[p], labels[index[p][lane]]);
                    for (int j = 0; j < LENGTH; ++j)
                        sum[j] += z[0] * row[0][j] + z[1] * row[1][j] + z[2] * row[2][j] + z[3] * row[3][j];
                }
                for (int j = 0; j < LENGTH; ++j) own[j] = keep * own[j] - alpha / BATCH * sum[j];
                if (k + 1 == next) {
                    memcpy(kept + ((r + g) * ROOM + k / interval % ROOM) * LENGTH, own, sizeof sum);
                    next += interval;
                }
            }
        }
#endif
    }
}
