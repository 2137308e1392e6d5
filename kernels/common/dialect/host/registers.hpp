// Register control of a kernel body. It has no effect with the host's compiler. Include after
// <dialect.hpp>.
#pragma once

#define KBOUNDS_BLOCKS(threads, blocks) KBOUNDS(threads)
#define K_ROLL
