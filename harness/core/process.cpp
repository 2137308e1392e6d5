#include "harness/core/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include "harness/core/error.hpp"

namespace kernelgate {
namespace {

using Clock = std::chrono::steady_clock;

class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) {
      throw std::runtime_error(fmt::format("no pipe to a process: {}", std::strerror(errno)));
    }
  }
  ~Pipe() {
    for (const int end : ends_) {
      if (end >= 0) ::close(end);
    }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  int reading() const { return ends_[0]; }
  int writing() const { return ends_[1]; }
  void close_writing() {
    ::close(ends_[1]);
    ends_[1] = -1;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

// The file, or this process's stderr, that takes a program's output and errors; -1: pipes do.
struct Log {
  int descriptor = -1;
  explicit Log(const ProcessRequest& request) {
    if (request.output == ProcessOutput::own_errors) {
      std::fflush(nullptr);
      descriptor = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    }
    if (request.output != ProcessOutput::new_log && request.output != ProcessOutput::log_end) {
      return;
    }
    const int start = request.output == ProcessOutput::new_log ? O_TRUNC : O_APPEND;
    descriptor = ::open(request.log.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | start, 0644);
    if (descriptor >= 0) return;
    throw BadInput(fmt::format("{}: cannot write: {}", request.log.string(), std::strerror(errno)));
  }
  ~Log() {
    if (descriptor >= 0) ::close(descriptor);
  }
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;
};

// Moves a descriptor above 2. dup2() onto the same number would leave the descriptor to be closed
// by exec(), and one from 0 to 2 would be overwritten before its use.
int above_standard(int descriptor) {
  return descriptor < 0 || descriptor > STDERR_FILENO
             ? descriptor
             : ::fcntl(descriptor, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
}

[[noreturn]] void end_before_start(int errors, const char* what) {
  const char* const reason = std::strerror(errno);
  for (const char* text : {what, ": ", reason, "\n"}) {
    if (::write(errors, text, std::strlen(text)) < 0) break;
  }
  ::_exit(127);
}

// Becomes the program. The process that forked may have threads, so nothing here allocates memory.
[[noreturn]] void become(const ProcessRequest& request, std::vector<char*>& words, int output,
                         int errors, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(127);  // the parent ended before the line above
  if (request.time_limit_seconds > 0) ::setpgid(0, 0);
  output = above_standard(output);
  errors = above_standard(errors);
  const int nothing = above_standard(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  if (nothing >= 0) ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(errors, STDERR_FILENO);
  if (request.folder.empty() || ::chdir(request.folder.c_str()) == 0) {
    ::execvp(words[0], words.data());
  }
  end_before_start(STDERR_FILENO, words[0]);
}

// Reads the available bytes; false at the end.
bool read_some(int from, std::string& into) {
  std::array<char, 65536> bytes;
  const ssize_t got = ::read(from, bytes.data(), bytes.size());
  if (got < 0) return errno == EINTR || errno == EAGAIN;
  into.append(bytes.data(), static_cast<std::size_t>(got));
  return got > 0;
}

int exit_code_of(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace

std::filesystem::path own_program() {
  std::error_code error;
  const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) return program;
  throw MissingResource(fmt::format(
      "/proc/self/exe: cannot be read: {}; expected /proc to be mounted", error.message()));
}

std::string ProcessEnd::describe() const {
  if (timed_out) return fmt::format("over the time limit of {} s", limit_seconds);
  if (exit_code > 128) return fmt::format("ended by {}", sigabbrev_np(exit_code - 128));
  return fmt::format("exit code {}", exit_code);
}

bool process_has_ended(pid_t child) {
  siginfo_t info{};
  const int failed = ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT);
  return failed == 0 && info.si_pid == child;
}

ProcessEnd run_process(const ProcessRequest& request) {
  std::vector<std::string> copies = request.words;
  std::vector<char*> words;
  words.reserve(copies.size());
  for (std::string& word : copies) words.push_back(word.data());
  words.push_back(nullptr);
  Pipe output, errors;
  const Log log(request);
  const auto begin = Clock::now();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) {
    throw std::runtime_error(
        fmt::format("no process for {}: {}", request.words.at(0), std::strerror(errno)));
  }
  if (child == 0) {
    const bool returned = log.descriptor < 0;
    become(request, words, returned ? output.writing() : log.descriptor,
           returned ? errors.writing() : log.descriptor, parent);
  }
  output.close_writing();
  errors.close_writing();

  ProcessEnd end;
  end.limit_seconds = request.time_limit_seconds;
  const bool limited = request.time_limit_seconds > 0;
  const auto until =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(
                         std::chrono::duration<double>(std::min(request.time_limit_seconds, 1e8)));
  std::array<pollfd, 2> open{{{output.reading(), POLLIN, 0}, {errors.reading(), POLLIN, 0}}};
  while (open[0].fd >= 0 || open[1].fd >= 0) {
    const bool ended =
        process_has_ended(child);  // before poll(), which then gets all of its output
    int wait_ms = 1000;
    if (limited) {
      const auto left =
          std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
      end.timed_out = left <= 0;
      if (end.timed_out) break;
      wait_ms = static_cast<int>(std::min<std::int64_t>(left + 1, wait_ms));
    }
    const int ready = ::poll(open.data(), open.size(), ended ? 0 : wait_ms);
    if (ready == 0 && ended) break;
    if (ready <= 0) continue;
    if (open[0].revents != 0 && !read_some(open[0].fd, end.output)) open[0].fd = -1;
    if (open[1].revents != 0 && !read_some(open[1].fd, end.errors)) open[1].fd = -1;
  }
  if (end.timed_out) ::kill(-child, SIGKILL);
  end.exit_code = exit_code_of(child);
  end.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return end;
}

}  // namespace kernelgate
