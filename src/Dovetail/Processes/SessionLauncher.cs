using System.Collections.Immutable;
using System.ComponentModel;
using System.Reflection;
using System.Runtime.InteropServices;

namespace Dovetail.Processes;

/// <summary>
/// Starts children in a session of their own. In a terminal, Ctrl-C goes to every process of the foreground group: without
/// this, tailscaled would end while Dovetail still drains, and the end of the terminal (SIGHUP) would kill it.
/// </summary>
/// <remarks>
/// <para>
/// This program starts itself with a hidden command that calls <c>setsid</c> and then becomes the child: process id,
/// descriptors and environment stay, name and command line are the child's own. It costs one more start of this program
/// (some milliseconds when compiled natively, some 40 when not), and only where there is a terminal: in a container without
/// one no signal reaches the group, and children are started directly.
/// </para>
/// <para>
/// Nothing shorter will do. Neither .NET nor CliWrap runs anything between fork and exec, and they return after exec, when
/// <c>setpgid</c> from outside is refused (EACCES). A child that is started with SIGINT ignored or blocked still gets it when it
/// is a Go program that asks for it, as tailscaled does. <c>setsid(1)</c> is not in every image.
/// </para>
/// </remarks>
/// <param name="fileName">The program that knows <see cref="Command"/>.</param>
/// <param name="arguments">Its arguments before the command.</param>
internal sealed partial class SessionLauncher(string fileName, ImmutableArray<string> arguments)
{
    /// <summary>First argument of the hidden command; the child's file name and arguments follow.</summary>
    public const string Command = "exec-in-session";

    private const int NoSuchFile = 2;
    private const int CannotExecute = 126;

    /// <summary>The launcher that children need; null where no terminal can send them a signal.</summary>
    public static SessionLauncher? Current { get; } = HasTerminal() ? OfThisProgram() : null;

    /// <summary>What to run in order to run a child in a session of its own.</summary>
    /// <exception cref="Win32Exception">There is no such file; the launcher itself could say so by an exit code only.</exception>
    public (string FileName, ImmutableArray<string> Arguments) Wrap(string child, ImmutableArray<string> childArguments)
    {
        var folders = child.Contains('/', StringComparison.Ordinal) ? "" : Environment.GetEnvironmentVariable("PATH") ?? "";
        var found = folders.Split(':').Select(folder => Path.Combine(folder, child)).FirstOrDefault(File.Exists)
            ?? throw new Win32Exception(NoSuchFile);
        return (fileName, [.. arguments, Command, found, .. childArguments]);
    }

    /// <summary>The hidden command: leaves the session of the terminal and becomes the child.</summary>
    /// <param name="child">File and arguments.</param>
    /// <returns>Only when the child cannot be executed: 126, as a shell says it.</returns>
    public static int Execute(string[] child)
    {
        // Fails for the leader of a process group, which no child of Dovetail is.
        _ = NewSession();
        _ = Exec(child[0], [.. child, null]);
        var reason = new Win32Exception(Marshal.GetLastPInvokeError()).Message;
        Console.Error.WriteLine($"cannot start {child[0]}: {reason}");
        return CannotExecute;
    }

    // /proc/self/stat: pid (name) state ppid pgrp session tty_nr …; the name may hold anything.
    private static bool HasTerminal()
    {
        var stat = File.ReadAllText("/proc/self/stat");
        return stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[4] != "0";
    }

    private static SessionLauncher? OfThisProgram()
    {
        // Tests host this assembly in a program that does not know the command.
        if (Environment.ProcessPath is not { } program || Assembly.GetEntryAssembly() != typeof(SessionLauncher).Assembly)
        {
            return null;
        }

        // `dotnet dovetail.dll`: the program is the runtime, and the assembly its first argument.
        var isRuntime = Path.GetFileName(program) == "dotnet";
        return new SessionLauncher(program, isRuntime ? [Environment.GetCommandLineArgs()[0]] : []);
    }

    [LibraryImport("libc", EntryPoint = "setsid")]
    private static partial int NewSession();

    [LibraryImport("libc", EntryPoint = "execv", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Exec(string file, string?[] arguments);
}
