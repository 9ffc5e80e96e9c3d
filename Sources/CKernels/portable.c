// The level that defines the result: what the compiler's baseline has (SSE2 on x86-64, NEON on arm64).
#define KERNELS bagq_kernels_portable
#define LANES 4
#include "body.h"

#define INT8_KERNELS bagq_int8_kernels_portable
#define INT8_LANES 4
#define INT8_ROWS 4
#include "int8_body.h"
