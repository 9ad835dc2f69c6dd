"""Lists the columns of a ledger: names, place of the value, and parser of the cell. One table.

A new column, a declaration for instance, is one line in `COLUMNS` (and its sentence in the catalogue of texts).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from agent.model.finding import Json
from agent.onsite.ledger import declared, values
from agent.onsite.ledger.files.grid import Value

Parse = Callable[[Value], Json]


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    `key` names it in `--map`, `--set`, JSON and English headings. `place` is where its value is in site.toml, as
    `table.key`; empty: site.toml has no place for it, it stays in the ledger and is compared with observations;
    `declaration.DUTY`: a declared answer.

    `parse` parses a cell or raises `Refused`. `names` are its headings in lower case without spaces, the surest first;
    a Chinese export writes the first one. `told` explains it to who fills it in. `choices` become a drop-down.
    `default` is site.toml's. `units` are those that its heading may name; none: any.
    """

    key: str
    place: str
    parse: Parse
    names: tuple[str, ...]
    told: str
    choices: tuple[str, ...] = ()
    default: Json = ""
    units: tuple[str, ...] = ()

    @property
    def table(self) -> str:
        """The table of site.toml: site, hub, device or camera; empty for what stays in the ledger."""
        return self.place.partition(".")[0]

    @property
    def option(self) -> str:
        """The key in that table, dotted where it lies deeper."""
        return self.place.partition(".")[2]

    @property
    def is_flag(self) -> bool:
        """Whether its cells are yes or no, so that 无 is an answer and no empty cell."""
        return self.parse is values.flag or (self.table == declared.TABLE and declared.is_flag(self.option))


def _column(
    key: str,
    place: str,
    parse: Parse,
    names: str,
    told: str,
    choices: tuple[str, ...] = (),
    default: Json = "",
    units: str = "",
) -> Column:
    return Column(key, place, parse, tuple(names.split()), told, choices, default, tuple(units.split()))


def _declared(duty: str, names: str, told: str, units: str = "") -> Column:
    return _column(
        duty.replace("-", "_"), f"{declared.TABLE}.{duty}", declared.declares(duty), names, told, (), None, units
    )


COLUMNS: Final[tuple[Column, ...]] = (
    _column(
        "site_id",
        "site.id",
        values.site_id,
        "站点编号 站点id 场所编号 单位编号 siteid site",
        "the site: 1 to 23 of 0-9, A-Z, a-z; the hub knows it by this",
    ),
    _column(
        "site_name",
        "site.name",
        values.text,
        "站点名称 场所名称 单位名称 建设单位 所属单位 使用单位 sitename",
        "what people call the site",
    ),
    _column(
        "city",
        "site.city",
        values.city,
        "城市代码 城市拼音 城市 地市 city",
        "topic level above the site: 1 to 64 of 0-9, A-Z, a-z, _ and -, for example datong",
    ),
    _column(
        "division",
        "site.division",
        values.division,
        "行政区划代码 行政区划编码 区划代码 行政区划 行政区域 division divisioncode",
        "the six digits of GB/T 2260",
    ),
    _column(
        "hub_host",
        "hub.host",
        values.address,
        "监管平台地址 平台地址 上报地址 监管平台 hubhost hub",
        "name or address of the hub that reports go to",
    ),
    _column(
        "camera_id",
        "camera.id",
        values.identifier,
        "摄像机标识 摄像机id cameraid",
        "0-9, A-Z, a-z, . _ and -; reports go by it, so it stays; made up where it is empty",
    ),
    _column(
        "name",
        "camera.name",
        values.text,
        "摄像机名称 点位名称 监控点名称 监控点位名称 监控点 相机名称 设备名称 通道名称 点位 名称 别名 摄像机 "
        "nickname cameraname devicename channelname name",
        "what people call the camera",
    ),
    _column(
        "code",
        "camera.code",
        values.code,
        "国标编码 国标编号 国标id 国标码 gb28181编码 28181编码 gbt28181编码 摄像机编码 设备编码 点位编码 通道编码 "
        "监控点编码 gbcode code",
        "its 20 digits of GB/T 28181, as text",
    ),
    _column(
        "placement",
        "camera.placement",
        values.text,
        "安装位置 安装地点 安装地址 点位位置 详细地址 监控区域 具体位置 详细位置 位置 地点 "
        "placement location installlocation",
        "where it hangs",
    ),
    _column(
        "device_id",
        "device.id",
        values.identifier,
        "设备标识 录像机标识 deviceidentifier",
        "the box it is read through; 0-9, A-Z, a-z, . _ and -; made up where it is empty",
    ),
    _column(
        "recorder",
        "",
        values.text,
        "录像机 录像机名称 nvr录像机 recorder recordername nvrname",
        "what people call the recorder it is read through; its address is said once",
    ),
    _column(
        "recorder_address",
        "",
        values.address,
        "录像机ip 录像机地址 录像机ip地址 nvrip nvr地址 nvrip地址 dvrip 硬盘录像机ip 存储设备ip 存储ip 所属nvrip "
        "recorderaddress recorderip",
        "address of the recorder it is read through; empty: it is read itself",
    ),
    _column(
        "recorder_port",
        "",
        values.port,
        "录像机http端口 录像机端口 nvr端口 nvrhttp端口 recorderport",
        "port of the recorder's web service; empty: 80",
    ),
    _column(
        "recorder_maker",
        "",
        values.text,
        "录像机品牌 录像机厂商 nvr品牌 nvr厂商 recordermaker",
        "who made the recorder; says how it is read where that is empty",
    ),
    _column(
        "address",
        "device.host",
        values.address,
        "ip地址 设备ip 摄像机ip 摄像机ip地址 设备ip地址 ipv4地址 ip 网络地址 设备地址 "
        "address ipaddress ipv4address host deviceip",
        "its own address",
    ),
    _column(
        "http_port",
        "device.port",
        values.port,
        "http端口 web端口 onvif端口 http端口号 httpport webport onvifport",
        "port of its web service; empty: 80, or 443 with TLS",
    ),
    _column(
        "any_port",
        "",
        values.port,
        "端口 端口号 设备端口 服务端口 port serviceport serverport",
        "a port that may be that of the maker's own protocol",
    ),
    _column(
        "tls",
        "device.tls",
        values.flag,
        "https 启用https tls",
        "whether its web service is asked over HTTPS",
        ("是", "否"),
        False,
    ),
    _column(
        "rtsp_port",
        "device.rtsp_port",
        values.rtsp_port,
        "rtsp端口 rtspport",
        "port of its streams; empty: the one that the device names",
        (),
        0,
    ),
    _column(
        "driver",
        "device.driver",
        values.driver,
        "接入方式 接入协议 驱动 协议 driver protocol",
        "how it is read",
        values.DRIVER_NAMES,
        "onvif",
    ),
    _column(
        "channel",
        "camera.channel",
        values.channel,
        "通道号 通道 通道编号 通道序号 接入通道 录像机通道 录像机通道号 nvr通道 nvr通道号 "
        "channel channelno channelnumber",
        "its number on the recorder, from 1",
        (),
        1,
    ),
    _column(
        "credential",
        "device.credential",
        values.identifier,
        "凭据 登录凭据 凭据名称 credential",
        "the name of a login in secrets.toml; never a password",
    ),
    _column(
        "user",
        "",
        values.text,
        "用户名 登录名 登录账号 登录用户 账号 账户 user username",
        "user of the login; its password belongs in secrets.toml",
    ),
    _column(
        "recorded",
        "camera.recorded",
        values.flag,
        "是否录像 录像 是否存储 是否录制 recorded",
        "whether its recordings are kept",
        ("是", "否"),
        False,
    ),
    _column(
        "retention_days",
        "camera.retention_days",
        values.days,
        "存储天数 录像天数 存储时间 保存天数 录像保存天数 录像保存时间 录像保存时长 保存期限 存储时长 存储周期 "
        "retentiondays retention",
        "days that its recordings must be kept; empty: the site's floor",
        (),
        0,
        "天 日 d day days",
    ),
    _column(
        "in_use_since",
        "camera.in_use_since",
        values.day,
        "启用日期 启用时间 投入使用日期 投用日期 投入使用时间 安装日期 安装时间 建设时间 inusesince installdate",
        "the day on which it was put into use",
    ),
    _column(
        "maker",
        "",
        values.text,
        "厂商 品牌 生产厂商 设备厂商 厂家 生产厂家 设备品牌 制造商 maker manufacturer vendor brand",
        "who made it",
    ),
    _column(
        "model",
        "",
        values.text,
        "型号 设备型号 规格型号 摄像机型号 产品型号 设备类型型号 model devicetype devicemodel",
        "as the device says",
    ),
    _column(
        "serial",
        "",
        values.exact,
        "序列号 设备序列号 产品序列号 出厂编号 sn sn码 serial serialnumber deviceserialno serialno deviceserialnumber",
        "as the device says; as text",
    ),
    _column("mac", "", values.mac, "mac地址 mac 物理地址 macaddress", "as the device says"),
    _column(
        "firmware",
        "",
        values.text,
        "固件版本 软件版本 固件 版本 firmware firmwareversion softwareversion version",
        "as the device says",
    ),
    # What nobody can observe: one line for each declarable, its heading and drop-down included.
    _declared("zone-type", "安装场所类型 场所类型 安装场所 安装区域 区域类型", "in what kind of place it hangs"),
    _declared("linked", "是否联网 是否接入公安平台 是否接入公安网 联网", "whether it is linked to the police platform"),
    _declared("audio-allowed", "允许拾音 是否拾音 音频", "whether it may take sound"),
    _declared("secret", "是否涉密 涉密", "whether it shows a state or commercial secret"),
    _declared("purpose", "用途 建设用途 监控用途 监控目的", "for which purpose of public safety it is there"),
    _declared("owner", "产权单位 管理单位 责任单位 所属部门", "which unit owns it"),
    _declared("maintainer", "维护单位 维保单位 运维单位", "who mends it"),
    _declared("position", "经纬度 坐标 gps坐标", "longitude and latitude in degrees: 113.29510, 40.08273"),
    _declared("height-m", "安装高度 架设高度 高度", "how high it hangs, in metres", "m 米"),
    _declared("azimuth-degrees", "方位角 监控方位 朝向", "whither it looks, in degrees from north, clockwise", "° 度"),
    _declared("secure-device-level", "gb35114等级 安全等级", "its level of GB 35114"),
    _column("longitude", "", values.degrees, "经度 longitude lon", "degrees"),
    _column("latitude", "", values.degrees, "纬度 latitude lat", "degrees"),
    _column("kind", "", values.text, "摄像机类型 设备类型 类型 cameratype", "bullet, dome, turning dome"),
    _column(
        "phone",
        "",
        values.phone,
        "联系电话 维护电话 电话 联系方式 手机 手机号 phone telephone",
        "whom to call; as text",
    ),
    _column("contact", "", values.text, "联系人 负责人 责任人 维护人 维护人员 contact", "who is called"),
    _column("number", "", values.text, "序号 no 编号 number index id", "the row's number, for people"),
    _column("note", "", values.text, "备注 说明 remark remarks note notes", "whatever else"),
)
"""Every column, in the order in which an export writes them."""

BY_KEY: Final = {column.key: column for column in COLUMNS}

KEY_AT: Final = {column.place: column.key for column in COLUMNS if column.place}
"""The key of the column for a place in site.toml."""

EXPORTED: Final = tuple(
    c for c in COLUMNS if c.key not in ("any_port", "recorder_maker", "user", "number", "longitude", "latitude")
)
"""What an export writes. A user stands in secrets.toml, and a port is told by its right name."""

SEEN: Final = ("model", "serial", "mac", "firmware")
"""What devices say of themselves, and a ledger is compared with."""
