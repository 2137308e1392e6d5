// Included before everything else in checked kernel units. The compiler expands a memcpy of
// constant size in place, where nobody sees the accesses, and every read of the copy then looks
// like one of garbage. The units are compiled with -fno-builtin-mem*, and these names lead to
// functions that report each byte.
#pragma once

#include <cstddef>

extern "C" {
void* memcpy(void* __restrict to, const void* __restrict from, std::size_t bytes) noexcept
    asm("kernelgate_observed_memcpy");
void* memmove(void* to, const void* from, std::size_t bytes) noexcept
    asm("kernelgate_observed_memmove");
void* memset(void* to, int value, std::size_t bytes) noexcept asm("kernelgate_observed_memset");
}
