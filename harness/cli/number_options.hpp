// Reads the numbers of a command line as decimal numbers, and refuses what the option's type cannot
// hold.
#pragma once

namespace CLI {
class App;
}

namespace kernelgate {

/// Adds a check to every option of `app` and of its subcommands whose type is a number. CLI11 alone
/// wraps a negative number into an unsigned one, saturates at the type's end, and reads 010 as 8,
/// an empty text as 0 and "nan" as a number within every range. The check covers the option's own
/// CLI::Range, PositiveNumber or NonNegativeNumber, too, so that one fault has one wording. Call it
/// after all options exist.
void check_number_options(CLI::App& app);

}  // namespace kernelgate
