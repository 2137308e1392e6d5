// The options of settings that several commands share. The settings themselves know nothing of the
// command line.
#pragma once

#include "harness/model/kernel_session.hpp"
#include "harness/model/model_source.hpp"
#include "harness/model/quantise_choice.hpp"
#include "harness/model/rsa_options.hpp"
#include "harness/run/selection.hpp"
#include "harness/run/virtual_runs.hpp"

namespace CLI {
class App;
}

namespace kernelgate {

// Each adds the options that the type's comment lists, which set the given object. It must live
// until the command line has been parsed.
void add_options(CLI::App& command, SelectionOptions& options);
void add_options(CLI::App& command, VirtualRunOptions& options);
void add_options(CLI::App& command, ModelSource& options);
void add_options(CLI::App& command, KernelChoice& options);
void add_options(CLI::App& command, QuantiseChoice& options);
void add_options(CLI::App& command, RsaOptions& options);

}  // namespace kernelgate
