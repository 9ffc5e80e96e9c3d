#include "kernels.h"
#include "int8.h"

extern const struct bagq_kernels bagq_kernels_portable;
#if defined(__x86_64__)
extern const struct bagq_kernels bagq_kernels_avx2, bagq_kernels_avx512;
#endif

// __builtin_cpu_supports asks the operating system's side too (XGETBV): a level is named only where its registers are
// saved.
const struct bagq_kernels *bagq_kernels(enum bagq_level level) {
    switch (level) {
    case bagq_level_portable:
        return &bagq_kernels_portable;
#if defined(__x86_64__)
    case bagq_level_avx2:
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") ? &bagq_kernels_avx2 : NULL;
    case bagq_level_avx512:
        return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512bw")
                && __builtin_cpu_supports("avx512dq")
            ? &bagq_kernels_avx512
            : NULL;
#endif
    default:
        return NULL;
    }
}

const struct bagq_kernels *bagq_fastest_kernels(void) {
    for (enum bagq_level level = bagq_level_avx512; level > bagq_level_portable; level--) {
        const struct bagq_kernels *kernels = bagq_kernels(level);
        if (kernels) return kernels;
    }
    return &bagq_kernels_portable;
}

extern const struct bagq_int8_kernels bagq_int8_kernels_portable;
#if defined(__x86_64__)
extern const struct bagq_int8_kernels bagq_int8_kernels_avx2, bagq_int8_kernels_avx512, bagq_int8_kernels_vnni;
#endif

const struct bagq_int8_kernels *bagq_int8_kernels(enum bagq_int8_level level) {
    switch (level) {
    case bagq_int8_level_portable:
        return &bagq_int8_kernels_portable;
#if defined(__x86_64__)
    case bagq_int8_level_avx2:
        return bagq_kernels(bagq_level_avx2) ? &bagq_int8_kernels_avx2 : NULL;
    case bagq_int8_level_avx512:
        return bagq_kernels(bagq_level_avx512) ? &bagq_int8_kernels_avx512 : NULL;
    case bagq_int8_level_vnni:
        return bagq_kernels(bagq_level_avx512) && __builtin_cpu_supports("avx512vnni") ? &bagq_int8_kernels_vnni : NULL;
#endif
    default:
        return NULL;
    }
}
