#include "kernels/cca_attention/cca_attention_entries.hpp"

K_HOST_ENTRIES(cca_attention)
