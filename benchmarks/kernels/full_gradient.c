// Gradients of all samples under LANES step sizes at once, of D features: products with a tile of rows, their
// slopes, and products with the transposed tile while it is near. Accumulators fill the registers in
// both: of ROWS rows, then of FEATURES features, a divisor of D.
#include "common.h"

#define VECTORS (REGISTERS / 8)
#define LANES (VECTORS * WIDTH)
#define ROWS 6
const int64_t lanes = LANES;

// Adds to total what the tiles first .. last - 1 of the rows give at points, both of shape (blocks, D, LANES).
void add_gradients(int64_t first, int64_t last, int64_t blocks, const double *restrict data,
                   const double *restrict labels, const vector *restrict points, vector *restrict total) {
    for (int64_t tile = first; tile < last; ++tile) {
        const double *restrict rows = data + tile * TILE * D, *restrict y = labels + tile * TILE;
        for (int64_t block = 0; block < blocks; ++block) {
            const vector *restrict x = points + block * D * VECTORS;
            vector *restrict g = total + block * D * VECTORS;
            vector s[TILE][VECTORS];
            for (int i = 0; i < TILE; i += ROWS) {
                vector z[ROWS][VECTORS];
                memset(z, 0, sizeof z);
                for (int j = 0; j < D; ++j) {
                    UNROLL for (int p = 0; p < ROWS; ++p)
                    UNROLL for (int v = 0; v < VECTORS; ++v)
                        z[p][v] += rows[(i + p) * D + j] * x[j * VECTORS + v];
                }
                UNROLL for (int p = 0; p < ROWS; ++p)
                UNROLL for (int v = 0; v < VECTORS; ++v) s[i + p][v] = z[p][v];
            }
            for (int i = 0; i < TILE; ++i) {
                double *restrict each = (double *)s[i];
                for (int lane = 0; lane < LANES; ++lane) each[lane] = slope(each[lane], y[i]);
            }
            for (int j = 0; j < D; j += FEATURES) {
                vector h[FEATURES][VECTORS];
                UNROLL for (int p = 0; p < FEATURES; ++p)
                UNROLL for (int v = 0; v < VECTORS; ++v) h[p][v] = g[(j + p) * VECTORS + v];
                for (int i = 0; i < TILE; ++i) {
                    UNROLL for (int p = 0; p < FEATURES; ++p)
                    UNROLL for (int v = 0; v < VECTORS; ++v) h[p][v] += rows[i * D + j + p] * s[i][v];
                }
                UNROLL for (int p = 0; p < FEATURES; ++p)
                UNROLL for (int v = 0; v < VECTORS; ++v) g[(j + p) * VECTORS + v] = h[p][v];
            }
        }
    }
}
