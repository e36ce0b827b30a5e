using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace LoadBench.Helpers;

/// <summary>
/// A network namespace of one thread, with a TUN device whose packets this program carries. It has no name, so nothing is left of it when
/// the process ends.
/// </summary>
internal sealed partial class NetworkNamespace : IDisposable
{
    private const int NewNetwork = 0x40000000;
    private const int SetInterface = 0x400454ca;
    private const short PlainTunnel = 0x1001;
    private const string DeviceName = "far0";

    // Bursts of a whole window wait in the device, or they would be lost for want of a place.
    private const string QueueLength = "20000";

    private readonly ManualResetEventSlim _over = new();

    private NetworkNamespace(SafeFileHandle device, string path)
    {
        Device = device;
        Path = path;
    }

    /// <summary>Packets without a header of their own, one for each read or write.</summary>
    public SafeFileHandle Device { get; }

    /// <summary>As nsenter(1) takes it.</summary>
    public string Path { get; }

    /// <param name="address">Of its device, with the prefix length.</param>
    /// <param name="make">Makes what has to be made inside, such as sockets.</param>
    /// <exception cref="InvalidOperationException">The kernel refuses; the message says what.</exception>
    public static async Task<Entered<T>> EnterAsync<T>(string address, Func<T> make)
    {
        var made = new TaskCompletionSource<Entered<T>>(TaskCreationOptions.RunContinuationsAsynchronously);
        // The thread stays: its namespace is named by it.
        new Thread(() =>
        {
            try
            {
                Check(Unshare(NewNetwork), "unshare");
                var device = OpenDevice();
                Run("link", "set", "lo", "up");
                Run("address", "add", address, "dev", DeviceName);
                Run("link", "set", DeviceName, "up", "txqueuelen", QueueLength);
                var path = string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/task/{ThreadId()}/ns/net");
                var entered = new NetworkNamespace(device, path);
                made.SetResult(new Entered<T>(entered, make()));
                entered._over.Wait();
            }
            catch (Exception failure)
            {
                made.SetException(failure);
            }
        })
        { IsBackground = true }.Start();
        return await made.Task;
    }

    public static int ReadPacket(SafeFileHandle device, byte[] buffer) => (int)Read(device, buffer, (nuint)buffer.Length);

    /// <summary>A packet that the kernel does not take is lost, as on any link.</summary>
    public static void WritePacket(SafeFileHandle device, byte[] packet) => _ = Write(device, packet, (nuint)packet.Length);

    public void Dispose()
    {
        _over.Set();
        Device.Dispose();
    }

    private static SafeFileHandle OpenDevice()
    {
        var device = File.OpenHandle("/dev/net/tun", FileMode.Open, FileAccess.ReadWrite);
        // struct ifreq: 16 bytes of name, then the flags.
        var request = new byte[40];
        Encoding.ASCII.GetBytes(DeviceName).CopyTo(request, 0);
        BitConverter.TryWriteBytes(request.AsSpan(16), PlainTunnel);
        Check(Control(device, SetInterface, request), "TUNSETIFF");
        return device;
    }

    // A child is in the namespace of the thread that starts it.
    private static void Run(params string[] arguments)
    {
        using var ip = Process.Start("ip", arguments);
        ip.WaitForExit();
        Check(ip.ExitCode, $"ip {string.Join(' ', arguments)}");
    }

    private static void Check(int result, string what)
    {
        if (result != 0)
        {
            throw new InvalidOperationException($"{what} failed: {Marshal.GetLastPInvokeErrorMessage()}");
        }
    }

    [LibraryImport("libc", EntryPoint = "unshare", SetLastError = true)]
    private static partial int Unshare(int flags);

    [LibraryImport("libc", EntryPoint = "gettid")]
    private static partial int ThreadId();

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    private static partial int Control(SafeFileHandle file, nuint request, byte[] argument);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint Read(SafeFileHandle file, byte[] buffer, nuint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint Write(SafeFileHandle file, byte[] buffer, nuint length);
}

/// <summary>A namespace with what was made inside.</summary>
internal sealed class Entered<T>(NetworkNamespace entered, T made) : IDisposable
{
    public T Made => made;

    public SafeFileHandle Device => entered.Device;

    public string Path => entered.Path;

    public void Dispose() => entered.Dispose();
}
