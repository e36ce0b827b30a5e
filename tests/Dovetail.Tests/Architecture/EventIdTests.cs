using System.Reflection;
using Dovetail.Admin;
using Microsoft.Extensions.Logging;

namespace Dovetail.Tests.Architecture;

/// <summary>A person looks up a log line by its event id, so that no id may stand for two things.</summary>
public sealed class EventIdTests
{
    // The first id of each room's range and the first after it.
    private static readonly Dictionary<string, (int From, int To)> Ranges = new(StringComparer.Ordinal)
    {
        ["Dovetail.Commands"] = (1000, 1100),
        ["Dovetail.Docker"] = (1100, 1200),
        ["Dovetail.Files"] = (1200, 1300),
        ["Dovetail.Reconciliation"] = (2000, 2100),
        ["Dovetail.Sleep"] = (2100, 2200),
        ["Dovetail.Nodes"] = (3000, 4000),
        ["Dovetail.Proxy"] = (4000, 5000),
        ["Dovetail.Dashboard"] = (5000, 5100),
        ["Dovetail.Metrics"] = (5100, 5200),
        ["Dovetail.Notifications"] = (5200, 5300),
    };

    private static readonly (MethodInfo Method, int Id)[] Messages =
    [
        .. from type in typeof(StatusDocument).Assembly.GetTypes()
           from method in type.GetMethods(BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
           let message = method.GetCustomAttribute<LoggerMessageAttribute>()
           where message is not null
           select (method, message.EventId),
    ];

    [Fact]
    public void Event_ids_are_unique()
    {
        var shared = Messages.GroupBy(message => message.Id).Where(group => group.Count() > 1).SelectMany(group => group);

        Assert.NotEmpty(Messages);
        Assert.Equal("", Listed(shared));
    }

    [Fact]
    public void Event_ids_lie_in_the_range_of_their_room() =>
        Assert.Equal("", Listed(Messages.Where(message => !IsInRange(message.Method.DeclaringType!.Namespace!, message.Id))));

    [Fact]
    public void Every_component_has_one_log_class_of_its_own() =>
        Assert.Equal("", Listed(Messages.Where(message => message.Method.DeclaringType is not { Name: "Log", IsNested: true })));

    private static bool IsInRange(string room, int id)
    {
        var name = string.Join('.', room.Split('.').Take(2));
        return Ranges.TryGetValue(name, out var range) && id >= range.From && id < range.To;
    }

    private static string Listed(IEnumerable<(MethodInfo Method, int Id)> messages) =>
        string.Join('\n', messages.Select(message => $"{message.Id} {message.Method.DeclaringType!.FullName}.{message.Method.Name}"));
}
