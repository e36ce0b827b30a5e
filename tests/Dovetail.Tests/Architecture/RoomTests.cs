using ArchUnitNET.Loader;
using Dovetail.Common;

namespace Dovetail.Tests.Architecture;

/// <summary>Holds the code to the table of rooms in <c>src/README.md</c>.</summary>
public sealed class RoomTests
{
    private const string Root = "Dovetail.";

    // A logger, a clock, and what reaches beyond the process.
    private static readonly string[] Effects =
    [
        "Microsoft.Extensions.Logging.", "System.TimeProvider", "System.Diagnostics.Process", "System.IO.File", "System.IO.Directory",
        "System.Net.Http.", "System.Net.Sockets.", "System.Threading.Tasks.Task", "System.Threading.Timer", "System.Console",
    ];

    private static readonly IReadOnlyList<Room> Rooms = Room.ReadAll();

    private static readonly ILookup<string, Use> Uses = Load();

    [Fact]
    public void Every_folder_is_a_room_and_every_room_a_folder() =>
        Assert.Equal(
            Uses.Select(static uses => uses.Key).Order(StringComparer.Ordinal),
            Rooms.Select(static room => room.Name).Order(StringComparer.Ordinal));

    [Fact]
    public void A_room_uses_only_the_rooms_that_the_table_allows() => AssertNone(
        from room in Rooms
        from use in Uses[room.Name]
        let other = RoomOf(use.Target)
        where other is not null && other != room.Name && !room.MayUseRoom(other)
        select $"{use.Origin} uses {use.Target}, but {room.Name} may not use {other}");

    [Fact]
    public void What_the_table_allows_is_used() => AssertNone(
        from room in Rooms
        from other in room.MayUse
        where other != Room.Everything && Uses[room.Name].All(use => RoomOf(use.Target) != other)
        select $"{room.Name} does not use {other}");

    [Fact]
    public void The_table_has_no_cycle()
    {
        var left = Rooms.Where(static room => !room.MayUse.Contains(Room.Everything))
            .ToDictionary(static room => room.Name, static room => room.MayUse);
        while (left.Keys.FirstOrDefault(name => left[name].All(other => !left.ContainsKey(other))) is { } free)
        {
            left.Remove(free);
        }

        Assert.Empty(left.Keys);
        Assert.DoesNotContain(Rooms, static room => room.MayUse.Contains("Commands"));
    }

    [Fact]
    public void A_pure_room_has_no_logger_no_clock_and_no_input_or_output()
    {
        Assert.Contains(Rooms, static room => room.IsPure);
        AssertNone(
            from room in Rooms
            where room.IsPure
            from use in Uses[room.Name]
            where Effects.Any(effect => use.Target.StartsWith(effect, StringComparison.Ordinal))
            select $"{use.Origin} uses {use.Target}");
    }

    [Fact]
    public void Only_the_docker_room_knows_the_library() => Assert.Equal(
        ["Docker"],
        Uses.Where(static uses => uses.Any(static use => use.Target.StartsWith("Docker.DotNet.", StringComparison.Ordinal)))
            .Select(static uses => uses.Key));

    [Fact]
    public void Only_the_processes_room_starts_children() => Assert.Equal(
        ["Processes"],
        Uses.Where(static uses => uses.Any(static use =>
                use.Target.StartsWith("CliWrap.", StringComparison.Ordinal) || use.Target == "System.Diagnostics.Process"))
            .Select(static uses => uses.Key));

    private static void AssertNone(IEnumerable<string> breaches)
    {
        var found = breaches.Distinct().ToList();
        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    private static ILookup<string, Use> Load()
    {
        var architecture = new ArchLoader().LoadAssemblies(typeof(WakeSignal).Assembly).Build();
        return (
            from type in architecture.Types
            let room = RoomOf(type.FullName)
            where room is not null
            from dependency in type.Dependencies
                // A generic method counts as a type of its own; its type is among the others.
            where !dependency.Target.FullName.Contains("::", StringComparison.Ordinal)
            select (Room: room, Use: new Use(type.FullName, dependency.Target.FullName)))
            .ToLookup(static pair => pair.Room, static pair => pair.Use);
    }

    /// <returns>The folder of a type, such as <c>Nodes/Facts</c>; null for types of other assemblies and what compilers generate.</returns>
    private static string? RoomOf(string type)
    {
        if (!type.StartsWith(Root, StringComparison.Ordinal))
        {
            return null;
        }

        var name = type.Split('+', '<', '`')[0];
        var end = name.LastIndexOf('.');
        return end < Root.Length ? null : name[Root.Length..end].Replace('.', '/');
    }

    private sealed record Use(string Origin, string Target);
}
