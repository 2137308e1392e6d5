// Reads numeric command-line options as decimal numbers and rejects values that the option's type
// cannot represent.
#pragma once

namespace CLI {
class App;
}

namespace kernelgate {

/// Adds a check to every numeric option of `app` and its subcommands. CLI11 alone wraps negative
/// numbers into unsigned ones, saturates at the type's limits, and reads 010 as 8, an empty text as
/// 0 and "nan" as a number within every range. The check also covers the option's own CLI::Range,
/// PositiveNumber or NonNegativeNumber, so that one fault has one wording. Call it after all
/// options exist.
void check_number_options(CLI::App& app);

}  // namespace kernelgate
