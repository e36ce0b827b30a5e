using Dovetail.Containers;

namespace Dovetail.Tests.Containers;

public sealed class StopSignalTests
{
    [Theory]
    [InlineData("SIGTERM", 15)]
    [InlineData("sigquit", 3)]
    [InlineData("WINCH", 28)]
    [InlineData("SIGSYS", 31)]
    [InlineData("9", 9)]
    [InlineData("SIGRTMIN", 34)]
    [InlineData("SIGRTMIN+3", 37)]
    [InlineData("RTMIN+3", 37)]
    [InlineData("", null)]
    [InlineData(null, null)]
    [InlineData("SIG", null)]
    [InlineData("-1", null)]
    [InlineData("SIGRTMIN+x", null)]
    public void Signals_are_known_by_name_and_by_number(string? text, int? number) => Assert.Equal(number, StopSignal.Parse(text));
}
