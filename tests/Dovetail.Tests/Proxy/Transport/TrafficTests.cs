using Dovetail.Proxy.Transport;
using Microsoft.Extensions.Time.Testing;

namespace Dovetail.Tests.Proxy.Transport;

public sealed class TrafficTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void There_is_much_when_many_pieces_come_within_some_milliseconds_and_little_when_as_many_take_longer()
    {
        var traffic = new Traffic(_time);
        Count(traffic, 100);
        Assert.True(traffic.IsMuch);

        for (var time = 0; time < 100; time++)
        {
            _time.Advance(TimeSpan.FromMilliseconds(4));
            traffic.Count();
        }

        Assert.False(traffic.IsMuch);
    }

    [Fact]
    public void It_stays_so_at_the_beginning_of_the_next_milliseconds()
    {
        var traffic = new Traffic(_time);
        Count(traffic, 100);

        _time.Advance(TimeSpan.FromMilliseconds(4));
        traffic.Count();

        Assert.True(traffic.IsMuch);
    }

    [Fact]
    public void A_pause_ends_it()
    {
        var traffic = new Traffic(_time);
        Count(traffic, 100);

        _time.Advance(TimeSpan.FromSeconds(1));
        traffic.Count();

        Assert.False(traffic.IsMuch);
    }

    [Fact]
    public void A_connection_that_goes_on_and_on_gives_others_a_turn()
    {
        var turn = default(Turn);

        Assert.False(turn.IsOver(400_000));
        turn.Begin(isNew: false);
        Assert.True(turn.IsOver(400_000));
        Assert.False(turn.IsOver(400_000));
        turn.Begin(isNew: true);
        Assert.False(turn.IsOver(400_000));
    }

    private static void Count(Traffic traffic, int pieces)
    {
        for (var piece = 0; piece < pieces; piece++)
        {
            traffic.Count();
        }
    }
}
