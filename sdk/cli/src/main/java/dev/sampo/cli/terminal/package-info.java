/**
 * How the command line looks on a terminal: {@link dev.sampo.cli.terminal.HelpPage} prints help in groups, {@link
 * dev.sampo.cli.terminal.TextTable} tables, {@link dev.sampo.cli.terminal.Words} wraps lines at the width that {@link
 * dev.sampo.cli.terminal.TerminalWidth} finds, {@link dev.sampo.cli.terminal.Suggestions} says what was probably meant, {@link
 * dev.sampo.cli.terminal.Completion} writes the scripts for shells, {@link dev.sampo.cli.terminal.TerminalPictures} shows pictures.
 */
@org.jspecify.annotations.NullMarked
package dev.sampo.cli.terminal;
