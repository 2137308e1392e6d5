#include "kernels/conv_mixing/conv_mixing_entries.hpp"

K_HOST_ENTRIES(conv_mixing)
