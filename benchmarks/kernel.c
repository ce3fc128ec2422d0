// SGD on dense rows as a compiler likes it: all sizes known, eight replicas side by side for batch 1, four rows
// of one replica for batches. D features, padded to WIDTH; BATCH, a multiple of 4 or 1; LOGISTIC or least squares.
#include <math.h>
#include <stdint.h>

#define GROUP 8
#define WIDTH ((D + 7) / 8 * 8)

// The four words of Philox4x32-10 for eight replicas.
static inline void philox(uint32_t block, uint32_t replica, uint64_t out[4][GROUP]) {
    uint64_t c0[GROUP], c1[GROUP], c2[GROUP], c3[GROUP];
    for (int g = 0; g < GROUP; ++g) c0[g] = block, c1[g] = replica + g, c2[g] = c3[g] = 0;
    uint32_t k0 = 0, k1 = 0;
    for (int round = 0; round < 10; ++round) {
        for (int g = 0; g < GROUP; ++g) {
            const uint64_t p0 = 0xD2511F53ull * (uint32_t)c0[g], p1 = 0xCD9E8D57ull * (uint32_t)c2[g];
            c0[g] = (p1 >> 32) ^ c1[g] ^ k0;
            c2[g] = (p0 >> 32) ^ c3[g] ^ k1;
            c1[g] = (uint32_t)p1;
            c3[g] = (uint32_t)p0;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int g = 0; g < GROUP; ++g) out[0][g] = c0[g], out[1][g] = c1[g], out[2][g] = c2[g], out[3][g] = c3[g];
}

static inline double slope(double z, double y) {
#if LOGISTIC
    return -y / (1.0 + exp(y * z));
#else
    return z - y;
#endif
}

// Steps of the replicas first .. last - 1, a multiple of GROUP; x has shape (replicas, WIDTH).
void advance(int64_t first, int64_t last, int64_t steps, int64_t n, const double *restrict data,
             const double *restrict labels, double l2, double alpha, double *restrict x) {
    const double keep = 1.0 - alpha * l2;
    uint64_t words[4][GROUP];
    for (int64_t r = first; r < last; r += GROUP) {
#if BATCH == 1
        double own[GROUP][WIDTH];
        for (int g = 0; g < GROUP; ++g)
            for (int j = 0; j < WIDTH; ++j) own[g][j] = x[(r + g) * WIDTH + j];
        for (int64_t k = 0; k < steps; ++k) {
            if (k % 4 == 0) philox(k / 4, r, words);
            const double *row[GROUP];
            double s[GROUP];
            for (int g = 0; g < GROUP; ++g) row[g] = data + (words[k % 4][g] * n >> 32) * WIDTH;
            for (int g = 0; g < GROUP; ++g) {
                double z = 0.0;
                for (int j = 0; j < WIDTH; ++j) z += row[g][j] * own[g][j];
                s[g] = z;
            }
            for (int g = 0; g < GROUP; ++g) s[g] = slope(s[g], labels[words[k % 4][g] * n >> 32]);
            for (int g = 0; g < GROUP; ++g)
                for (int j = 0; j < WIDTH; ++j) own[g][j] = keep * own[g][j] - alpha * s[g] * row[g][j];
        }
        for (int g = 0; g < GROUP; ++g)
            for (int j = 0; j < WIDTH; ++j) x[(r + g) * WIDTH + j] = own[g][j];
#else
        for (int g = 0; g < GROUP; ++g) {
            double *restrict own = x + (r + g) * WIDTH, sum[WIDTH];
            for (int64_t k = 0; k < steps; ++k) {
                for (int j = 0; j < WIDTH; ++j) sum[j] = 0.0;
                for (int q = 0; q < BATCH; q += 4) {
                    philox(k * (BATCH / 4) + q / 4, r + g, words);
                    const double *row[4];
                    double z[4] = {0.0, 0.0, 0.0, 0.0};
                    for (int p = 0; p < 4; ++p) row[p] = data + (words[p][0] * n >> 32) * WIDTH;
                    for (int j = 0; j < WIDTH; ++j)
                        for (int p = 0; p < 4; ++p) z[p] += row[p][j] * own[j];
                    for (int p = 0; p < 4; ++p) z[p] = slope(z[p], labels[words[p][0] * n >> 32]);
                    for (int j = 0; j < WIDTH; ++j)
                        sum[j] += z[0] * row[0][j] + z[1] * row[1][j] + z[2] * row[2][j] + z[3] * row[3][j];
                }
                for (int j = 0; j < WIDTH; ++j) own[j] = keep * own[j] - alpha / BATCH * sum[j];
            }
        }
#endif
    }
}
