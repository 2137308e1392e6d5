// Included before everything else in checked kernel units. The compiler expands a memcpy of
// constant size inline, where its accesses are not observed, so every read of the copy would look
// uninitialised. The units are compiled with -fno-builtin-mem*, and these names call functions that
// report each byte.
#pragma once

#include <cstddef>

extern "C" {
void* memcpy(void* __restrict to, const void* __restrict from, std::size_t bytes) noexcept
    asm("kernelgate_observed_memcpy");
void* memmove(void* to, const void* from, std::size_t bytes) noexcept
    asm("kernelgate_observed_memmove");
void* memset(void* to, int value, std::size_t bytes) noexcept asm("kernelgate_observed_memset");
}
