// What a body may say about its registers: nothing to the host's compiler. For kernels to include
// after <dialect.hpp>.
#pragma once

#define KBOUNDS_BLOCKS(threads, blocks) KBOUNDS(threads)
#define K_ROLL
