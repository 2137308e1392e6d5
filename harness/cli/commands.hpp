// The subcommands of the program.
#pragma once

// Forward declaration: CLI11's header adds ten seconds to the compilation of a file.
namespace CLI {
class App;
}

namespace kernelgate {

class Session;

// One subcommand per file. Each adds its options to `app` and runs in CLI11's callback.
void add_list_command(CLI::App& app, Session& session);
void add_devices_command(CLI::App& app, Session& session);
void add_check_command(CLI::App& app, Session& session);
void add_bench_command(CLI::App& app, Session& session);
void add_gate_command(CLI::App& app, Session& session);
void add_sample_command(CLI::App& app, Session& session);
void add_history_command(CLI::App& app, Session& session);
void add_compare_command(CLI::App& app, Session& session);
void add_forward_command(CLI::App& app, Session& session);
void add_rsa_command(CLI::App& app, Session& session);
void add_kv_command(CLI::App& app, Session& session);
void add_throughput_command(CLI::App& app, Session& session);
void add_validate_command(CLI::App& app, Session& session);
void add_report_command(CLI::App& app, Session& session);
void add_vectors_command(CLI::App& app, Session& session);
void add_resources_command(CLI::App& app, Session& session);
void add_support_command(CLI::App& app, Session& session);

}  // namespace kernelgate
