// All kernel bodies of the native cca_attention.
#pragma once

#include "kernels/cca_attention/cca_attention_matrix.hpp"
#include "kernels/cca_attention/cca_attention_split.hpp"
#include "kernels/cca_attention/cca_attention_tile.hpp"
