#include "kernels/mla_attention/mla_attention_entries.hpp"

K_HOST_ENTRIES(mla_attention)
