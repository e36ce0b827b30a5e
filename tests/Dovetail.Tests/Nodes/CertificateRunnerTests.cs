using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.RateLimiting;
using Dovetail.Nodes;
using Dovetail.Nodes.Facts;
using Dovetail.Processes;
using Dovetail.Proxy.Connections;
using Dovetail.Services.Model;
using Dovetail.Tailscale;
using Dovetail.Tests.Nodes.Decisions;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Tests.Nodes;

public sealed class CertificateRunnerTests : IDisposable
{
    private const string Domain = "web.tailtest.ts.net";
    private static readonly DateTimeOffset Start = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly string _directory = Directory.CreateTempSubdirectory("dovetail-test-").FullName;
    private readonly FakeTimeProvider _time = new(Start);
    private readonly RateLimiter _orders = CertificateRunner.NewOrderLimit();
    private readonly NodeFactsStore _facts = new(NodeFactsBuilder.Running(certDomains: Domain), TimeProvider.System);
    private readonly FakeCommand _command = new();
    private readonly List<ServerCertificate> _used = [];

    private CertificateFacts Memory => _facts.Current.Certificate;

    [Fact]
    public async Task A_first_certificate_is_ordered_and_put_to_use()
    {
        var certificate = Certificate.New(Start, TimeSpan.FromDays(90));
        _command.Answer = (_, output) => certificate.Print(output);

        await RunAsync();

        string[] arguments = [$"--socket={_directory}/web.sock", "cert", "--cert-file=-", "--key-file=-", Domain];
        Assert.Equal(arguments, Assert.Single(_command.Calls).Arguments);
        Assert.Equal(certificate.Thumbprint, Assert.Single(_used).Leaf.Thumbprint);
        Assert.True(_used[0].Leaf.HasPrivateKey);
        Assert.Equal((Domain, Start.AddDays(90)), (Memory.Name, Memory.NotAfter));
        Assert.Equal((null, 0), (Memory.Error, Memory.Failures));
        Assert.Equal(Start.AddHours(12), Memory.NextCall);
    }

    [Fact]
    public async Task An_order_has_five_minutes()
    {
        _command.Answer = (_, _) => Refused("no answer within 300 s");

        await RunAsync();

        Assert.Equal(TimeSpan.FromMinutes(5), Assert.Single(_command.Calls).Deadline);
        Assert.Equal("no answer within 300 s", Memory.Error);
    }

    [Fact]
    public async Task Two_orders_run_at_a_time_and_the_third_waits_for_its_place()
    {
        var answer = new TaskCompletionSource<CommandResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _command.AnswerAsync = (_, _, _) => answer.Task;
        var orders = Enumerable.Range(0, 3).Select(_ => RunAsync()).ToList();

        await Eventually.TrueAsync(() => _command.Calls.Length == 2 && _orders.GetStatistics()!.CurrentQueuedCount == 1);
        answer.SetResult(new CommandResult(1, "500 Internal Server Error: no"));

        await Task.WhenAll(orders).WaitAsync(Patience, TestContext.Current.CancellationToken);
        Assert.Equal(3, _command.Calls.Length);
        Assert.Equal(2, _orders.GetStatistics()!.CurrentAvailablePermits);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_is_no_longer_wanted_when_its_place_comes_is_not_ordered(bool isOff)
    {
        var hanging = await _orders.AcquireAsync(2, TestContext.Current.CancellationToken);
        var running = RunAsync();
        await Eventually.TrueAsync(() => _orders.GetStatistics()!.CurrentQueuedCount == 1);
        _facts.Change(known => isOff
            ? known with { Service = known.Service with { Tls = TlsMode.Off } }
            : NodeFactsBuilder.Running(certDomains: "other.tailtest.ts.net"));

        hanging.Dispose();
        await running.WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.Empty(_command.Calls);
        Assert.Equal((null, 0), (Memory.Error, Memory.Failures));
    }

    [Fact]
    public async Task A_valid_certificate_that_tailscaled_has_does_not_wait_behind_orders_that_hang()
    {
        var certificate = Cached(Start.AddDays(-10), TimeSpan.FromDays(90));
        using var hanging = await _orders.AcquireAsync(2, TestContext.Current.CancellationToken);
        _command.Answer = (_, output) => certificate.Print(output);

        await RunAsync();

        Assert.Equal(0, MinValidity(Assert.Single(_command.Calls)));
        Assert.Single(_used);
    }

    [Fact]
    public async Task A_certificate_that_is_due_at_the_start_is_served_at_once_and_renewed_after_it()
    {
        var old = Cached(Start.AddDays(-70), TimeSpan.FromDays(90));
        var renewed = Certificate.New(Start, TimeSpan.FromDays(90));
        using var hanging = await _orders.AcquireAsync(2, TestContext.Current.CancellationToken);
        _command.Answer = (arguments, output) => (MinValidity(arguments) == 0 ? old : renewed).Print(output);

        var running = RunAsync();
        await Eventually.TrueAsync(() => Memory.Name == Domain);
        Assert.Equal(old.Thumbprint, Assert.Single(_used).Leaf.Thumbprint);
        Assert.False(running.IsCompleted);
        hanging.Dispose();
        await running.WaitAsync(Patience, TestContext.Current.CancellationToken);

        Assert.Equal([0, (30 * 24 * 3600) + 1], _command.Calls.Select(MinValidity));
        Assert.Equal(renewed.Thumbprint, _used[1].Leaf.Thumbprint);
        Assert.Equal((Start.AddDays(90), 0), (Memory.NotAfter, Memory.Renewals));
    }

    [Fact]
    public async Task A_certificate_in_use_that_is_due_is_renewed_in_one_call()
    {
        var old = Certificate.New(Start.AddDays(-70), TimeSpan.FromDays(90));
        InUse(old);
        var renewed = Certificate.New(Start, TimeSpan.FromDays(90));
        _command.Answer = (_, output) => renewed.Print(output);

        await RunAsync();

        Assert.Equal((30 * 24 * 3600) + 1, MinValidity(Assert.Single(_command.Calls)));
        Assert.Equal(renewed.Thumbprint, Assert.Single(_used).Leaf.Thumbprint);
    }

    [Fact]
    public async Task A_renewal_that_fails_leaves_the_certificate_in_use_and_is_tried_again_ever_later()
    {
        var old = Certificate.New(Start.AddDays(-70), TimeSpan.FromDays(90));
        InUse(old);
        _command.Answer = (_, _) => Refused("500 Internal Server Error: acme.GetReg: connection refused");

        await RunAsync();

        Assert.Empty(_used);
        Assert.Equal((Domain, Start.AddDays(20)), (Memory.Name, Memory.NotAfter));
        Assert.Equal(("acme.GetReg: connection refused", 1, 0), (Memory.Error, Memory.Renewals, Memory.Failures));
        Assert.Equal(Start.AddMinutes(0.75), Memory.NextCall);

        await RunAsync();
        Assert.Equal((2, Start.AddMinutes(1.5)), (Memory.Renewals, Memory.NextCall));
    }

    // A CA whose certificates are due from the start must not be asked for one after the other.
    [Fact]
    public async Task A_renewal_that_brings_a_short_one_waits_before_the_next()
    {
        var old = Certificate.New(Start.AddHours(-1), TimeSpan.FromMinutes(61));
        InUse(old);
        _command.Answer = (_, output) => Certificate.New(Start.AddHours(-1), TimeSpan.FromMinutes(62)).Print(output);

        await RunAsync();

        Assert.Equal((1, Start.AddSeconds(15)), (Memory.Renewals, Memory.NextCall));
    }

    [Fact]
    public async Task An_expired_certificate_is_ordered_anew_and_failures_count_from_there()
    {
        InUse(Certificate.New(Start.AddDays(-91), TimeSpan.FromDays(90)), renewals: 9);
        _command.Answer = (_, _) => Refused("500 Internal Server Error: acme.GetReg: connection refused");

        await RunAsync();

        Assert.Equal(0, MinValidity(Assert.Single(_command.Calls)));
        Assert.Equal((1, Start.AddSeconds(3.75)), (Memory.Failures, Memory.NextCall));
    }

    [Fact]
    public async Task A_first_order_that_fails_is_tried_again_ever_later()
    {
        _command.Answer = (_, _) => Refused("500 Internal Server Error: Accept: 403 urn:ietf:params:acme:error:rejectedIdentifier: no");

        await RunAsync();
        Assert.Equal(("Accept: 403 urn:ietf:params:acme:error:rejectedIdentifier: no", false), (Memory.Error, Memory.RateLimited));
        Assert.Equal((1, Start.AddSeconds(3.75)), (Memory.Failures, Memory.NextCall));

        await RunAsync();
        Assert.Equal((2, Start.AddSeconds(7.5)), (Memory.Failures, Memory.NextCall));
    }

    [Theory]
    [InlineData("429 Too Many Requests: too many certificates", 3.75)]
    [InlineData("429 Too Many Requests: too many certificates, retry after 2026-11-22 11:00:00 UTC: see there", 3.75)]
    [InlineData("429 Too Many Requests: too many certificates, retry after 2026-11-23 12:00:00 UTC: see there", 24 * 3600)]
    public async Task A_rate_limit_is_named_and_the_time_that_the_authority_gives_is_kept(string error, double seconds)
    {
        _command.Answer = (_, _) => Refused(error);

        await RunAsync();

        Assert.True(Memory.RateLimited);
        Assert.Equal(Start.AddSeconds(seconds), Memory.NextCall);
    }

    [Fact]
    public async Task A_success_forgets_the_failure()
    {
        _command.Answer = (_, _) => Refused("429 Too Many Requests: no");
        await RunAsync();
        _command.Answer = (_, output) => Certificate.New(Start, TimeSpan.FromDays(90)).Print(output);

        await RunAsync();

        Assert.Equal((null, false, 0), (Memory.Error, Memory.RateLimited, Memory.Failures));
    }

    [Fact]
    public async Task The_end_of_the_session_ends_the_order_and_gives_its_place_back()
    {
        _command.AnswerAsync = async (_, _, cancellationToken) =>
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return new CommandResult(0, "");
        };
        using var session = new CancellationTokenSource();
        var running = RunAsync(session.Token);
        await Eventually.TrueAsync(() => _command.Calls.Length == 1);

        await session.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        Assert.Equal((null, 0), (Memory.Error, Memory.Failures));
        Assert.Equal(2, _orders.GetStatistics()!.CurrentAvailablePermits);
    }

    [Fact]
    public async Task A_session_that_ends_while_an_order_waits_for_its_place_leaves_nothing_behind()
    {
        var places = await _orders.AcquireAsync(2, TestContext.Current.CancellationToken);
        using var session = new CancellationTokenSource();
        var running = RunAsync(session.Token);
        await Eventually.TrueAsync(() => _orders.GetStatistics()!.CurrentQueuedCount == 1);

        await session.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);
        places.Dispose();
        Assert.Empty(_command.Calls);
        Assert.Equal(2, _orders.GetStatistics()!.CurrentAvailablePermits);
    }

    [Fact]
    public async Task A_command_that_cannot_be_started_is_a_failure_like_others()
    {
        _command.AnswerAsync = (_, _, _) => throw new ChildStartException("/nowhere/tailscale", new FileNotFoundException("no such file"));

        await RunAsync();

        Assert.Equal(("cannot start /nowhere/tailscale: no such file", 1), (Memory.Error, Memory.Failures));
    }

    [Fact]
    public async Task Output_that_is_no_certificate_is_a_failure_that_does_not_repeat_it()
    {
        var key = Certificate.New(Start, TimeSpan.FromDays(90)).KeyPem;
        _command.Answer = (_, output) =>
        {
            output(key);
            return new CommandResult(0, "");
        };

        await RunAsync();

        Assert.Empty(_used);
        Assert.NotNull(Memory.Error);
        Assert.DoesNotContain(key.Split('\n')[1], $"{_facts.Current}", StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _orders.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    private static CommandResult Refused(string error) => new(1, error);

    private static int MinValidity(Call call) => MinValidity(call.Arguments);

    private static int MinValidity(ImmutableArray<string> arguments) =>
        arguments.SingleOrDefault(static argument => argument.StartsWith("--min-validity=", StringComparison.Ordinal)) is { } demand
            ? int.Parse(demand["--min-validity=".Length..].TrimEnd('s'), System.Globalization.CultureInfo.InvariantCulture)
            : 0;

    private async Task RunAsync(CancellationToken? session = null)
    {
        var services = new NodeDependencies
        {
            Options = new NodeOptions { StateRoot = _directory, RuntimeDirectory = _directory, Tailscaled = "tailscaled", Memory = 0 },
            Command = _command,
            CertificateOrders = _orders,
            Time = _time,
            Random = new NoJitter(),
            Keys = null!,
            Listeners = null!,
            Control = null!,
            Tailscaled = null!,
            LocalApi = null!,
            Loggers = NullLoggerFactory.Instance,
        };
        var paths = new NodePaths { State = _directory, Socket = $"{_directory}/web.sock", Logs = _directory };
        var runner = new CertificateRunner(services, paths, _facts, _used.Add);
        await runner.RunAsync(Domain, session ?? TestContext.Current.CancellationToken);
    }

    private Certificate Cached(DateTimeOffset from, TimeSpan life)
    {
        var certificate = Certificate.New(from, life);
        Store(certificate);
        return certificate;
    }

    private void Store(Certificate certificate)
    {
        Directory.CreateDirectory(Path.Combine(_directory, "certs"));
        File.WriteAllText(Path.Combine(_directory, "certs", $"{Domain}.crt"), certificate.ChainPem);
    }

    private void InUse(Certificate certificate, int renewals = 0)
    {
        Store(certificate);
        var (from, until) = (certificate.From, certificate.Until);
        var memory = new CertificateFacts { Name = Domain, NotBefore = from, NotAfter = until, Renewals = renewals };
        _facts.Change(known => known with { Certificate = memory });
    }

    private sealed record Call(ImmutableArray<string> Arguments, TimeSpan Deadline);

    private sealed class NoJitter : Random
    {
        public override double NextDouble() => 0;
    }

    private sealed class FakeCommand : ITailscaleCommand
    {
        private readonly Lock _lock = new();
        private ImmutableArray<Call> _calls = [];

        public ImmutableArray<Call> Calls
        {
            get
            {
                lock (_lock)
                {
                    return _calls;
                }
            }
        }

        public Func<ImmutableArray<string>, Action<string>, CancellationToken, Task<CommandResult>> AnswerAsync { get; set; } = null!;

        public Func<ImmutableArray<string>, Action<string>, CommandResult> Answer
        {
            set => AnswerAsync = (arguments, output, _) => Task.FromResult(value(arguments, output));
        }

        public Task<CommandResult> RunAsync(
            ImmutableArray<string> arguments, TimeSpan deadline, Action<string>? onOutput, CancellationToken cancellationToken)
        {
            lock (_lock)
            {
                _calls = _calls.Add(new Call(arguments, deadline));
            }

            return AnswerAsync(arguments, onOutput!, cancellationToken);
        }
    }

    /// <summary>A self-signed certificate with its key.</summary>
    private sealed record Certificate(string ChainPem, string KeyPem, string Thumbprint, DateTimeOffset From, DateTimeOffset Until)
    {
        public static Certificate New(DateTimeOffset from, TimeSpan life)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var until = from + life;
            using var certificate = new CertificateRequest($"CN={Domain}", key, HashAlgorithmName.SHA256).CreateSelfSigned(from, until);
            return new Certificate(certificate.ExportCertificatePem(), key.ExportECPrivateKeyPem(), certificate.Thumbprint, from, until);
        }

        /// <summary>What the command does when it succeeds.</summary>
        public CommandResult Print(Action<string> output)
        {
            foreach (var line in $"{ChainPem}\n{KeyPem}".Split('\n'))
            {
                output(line);
            }

            return new CommandResult(0, "");
        }
    }
}
