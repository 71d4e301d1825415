//! The program: serves the kernel on standard input and output.

fn main() -> std::process::ExitCode {
    cairn_kernel_sdk::run(cairn_kernel_classic::Classic::default())
}
