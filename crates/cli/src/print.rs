//! Printing that ignores write errors: a closed pipe (`ohinfra apply | head`) or terminal must not stop an apply midway or leave
//! a lock behind.

/// Prints a line to standard output.
macro_rules! outln {
    ($($text:tt)*) => {{
        let _ = std::io::Write::write_fmt(&mut anstream::stdout(), format_args!("{}\n", format_args!($($text)*)));
    }};
}

/// Prints to standard output.
macro_rules! out {
    ($($text:tt)*) => {{
        let _ = std::io::Write::write_fmt(&mut anstream::stdout(), format_args!($($text)*));
    }};
}

/// Prints a line to standard error.
macro_rules! errln {
    ($($text:tt)*) => {{
        let _ = std::io::Write::write_fmt(&mut anstream::stderr(), format_args!("{}\n", format_args!($($text)*)));
    }};
}

/// Prints to standard error.
macro_rules! err {
    ($($text:tt)*) => {{
        let _ = std::io::Write::write_fmt(&mut anstream::stderr(), format_args!($($text)*));
    }};
}

pub(crate) use {err, errln, out, outln};
